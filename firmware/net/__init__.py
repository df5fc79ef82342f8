"""Links to the gateway: one CoAP endpoint over UDP now, over serial and BLE later."""
