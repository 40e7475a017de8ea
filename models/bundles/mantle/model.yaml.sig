{
 "format": 1,
 "key": "144234e1a3b8282874212c6e142c6e550787a90b8218fa9ec139d393afd18382",
 "signed_at": "2026-11-24T21:17:00Z",
 "signature": "4lWjMOa0yoD2Z2zJmokdPd/1IEQwm4PwCf2GXVyWvPP1kSqAZvg80/9fXM7BDLbQPoKOlY/+f6MzqnXWmrVBCw=="
}
