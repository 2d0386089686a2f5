"""Measures what this process takes of its machine: CPU and memory, and its GPU through NVML."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import torch

from aetui.runs.machine_use import MachineUse


class MachineMeter:
    """Called now and then, always from one thread, it says what was taken since the last time.

    The libraries for that are loaded with the first call: no training waits for them.
    """

    def __init__(self, device: torch.device) -> None:
        self._uuid = gpu_uuid(device)
        self._measured_at = time.monotonic()
        self._cpu_seconds = time.process_time()
        self._gpu: GpuMeter | None = None

    def __call__(self) -> MachineUse:
        import psutil

        now, used = time.monotonic(), time.process_time()
        cpu = 100 * (used - self._cpu_seconds) / max(now - self._measured_at, 1e-3)
        self._measured_at, self._cpu_seconds = now, used
        memory = psutil.Process().memory_info().rss / 1e6
        if self._uuid and self._gpu is None:
            self._gpu = GpuMeter(self._uuid)
        gpu = self._gpu.read() if self._gpu is not None else {}
        return MachineUse(cpu_percent=cpu, memory_mb=memory, **gpu)


def gpu_uuid(device: torch.device) -> str:
    """What names the GPU whatever CUDA_VISIBLE_DEVICES numbers it as; "" for other devices."""
    if device.type != "cuda":
        return ""
    return str(getattr(torch.cuda.get_device_properties(device), "uuid", ""))


class GpuMeter:
    """An NVIDIA GPU, or a part of one. What NVML does not tell is left out."""

    def __init__(self, uuid: str) -> None:
        """`uuid` is torch's: without GPU- or MIG- in front, which NVML wants."""
        import pynvml

        self._nvml = pynvml
        self._handle: Any = None  # stays None without a driver, and for a GPU unknown to NVML
        with suppress(pynvml.NVMLError):
            pynvml.nvmlInit()
            for kind in ("MIG", "GPU"):
                with suppress(pynvml.NVMLError):
                    self._handle = pynvml.nvmlDeviceGetHandleByUUID(f"{kind}-{uuid}")

    def read(self) -> dict[str, float]:
        """The fields of a `MachineUse` that are about a GPU."""
        found: dict[str, float] = {}
        if self._handle is None:
            return found
        nvml, refused = self._nvml, self._nvml.NVMLError
        with suppress(refused):
            found["gpu_percent"] = nvml.nvmlDeviceGetUtilizationRates(self._handle).gpu
        with suppress(refused):
            memory = nvml.nvmlDeviceGetMemoryInfo(self._handle)  # in bytes
            found |= {"gpu_memory_mb": memory.used / 1e6, "gpu_total_mb": memory.total / 1e6}
        with suppress(refused):
            sensor = nvml.NVML_TEMPERATURE_GPU
            found["gpu_celsius"] = nvml.nvmlDeviceGetTemperature(self._handle, sensor)
        with suppress(refused):
            found["gpu_watts"] = nvml.nvmlDeviceGetPowerUsage(self._handle) / 1e3
        return found
