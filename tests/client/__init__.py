"""The official client, knockapi, talks to the emulator."""
