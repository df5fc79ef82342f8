"""What a board starts: copied to `/main.py`."""

import firmware.app

firmware.app.main()
