"""The device bridge of a self-service machine: a small HTTP server on loopback between its page and its
devices (`docs/device-bridge.md`). Runs beside the browser, knows no library, reader or rule."""
