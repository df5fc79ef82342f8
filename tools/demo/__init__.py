"""The demo: three simulated instruments, a real gateway, and an account of what became of it."""
