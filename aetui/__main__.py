"""`python -m aetui`: the same door as the `aetui` script, and the one that torchrun opens."""

import sys

from aetui.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
