"""Settings: one TOML file, `MEMORY_SERVICE_*`, flags.  No other module reads them."""

from __future__ import annotations

from memory_service.settings.editing import find_setting, write_setting
from memory_service.settings.loading import (
    LoadedSettings,
    SettingsFile,
    default_data_folder,
    default_settings_path,
    default_state_folder,
    default_unit_folder,
    home_of,
    load_settings,
    read_settings_file,
    settings_path,
)
from memory_service.settings.table import settings_table, shown
from memory_service.settings.values import Setting, Settings, all_settings

__all__ = [
    "LoadedSettings",
    "Setting",
    "Settings",
    "SettingsFile",
    "all_settings",
    "default_data_folder",
    "default_settings_path",
    "default_state_folder",
    "default_unit_folder",
    "find_setting",
    "home_of",
    "load_settings",
    "read_settings_file",
    "settings_path",
    "settings_table",
    "shown",
    "write_setting",
]
