"""What a board starts: copied to `/main.py`.

The threshold comes before the import: with little garbage between the modules, the heap that the
program leaves free stays in one piece.
"""

import gc

gc.threshold(8 * 1024)
__import__("firmware.app").app.main()
