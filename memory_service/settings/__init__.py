"""Settings: one TOML file, `MEMORY_SERVICE_*`, flags.  No other module reads them."""

from __future__ import annotations

from memory_service.settings.loading import (
    LoadedSettings,
    SettingsFile,
    default_data_folder,
    default_settings_path,
    load_settings,
    read_settings_file,
    settings_path,
)
from memory_service.settings.values import Setting, Settings, all_settings

__all__ = [
    "LoadedSettings",
    "Setting",
    "Settings",
    "SettingsFile",
    "all_settings",
    "default_data_folder",
    "default_settings_path",
    "load_settings",
    "read_settings_file",
    "settings_path",
]
