"""`aetui bench screen`: bytes and milliseconds a key, against a bare Textual app and a naive drawing."""
