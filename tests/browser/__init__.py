"""The console in a real Chromium: every page in both languages, light and dark, small and large."""
