"""The control API: how whoever tests steers an emulator, beside the API that it emulates."""
