{
 "format": 1,
 "key": "144234e1a3b8282874212c6e142c6e550787a90b8218fa9ec139d393afd18382",
 "signed_at": "2026-11-24T21:34:04Z",
 "signature": "7IuwJv2Et5ZDyjiS/zdMiTih9t25RoGAngZof2lKTXTDZiMrlJeNwzV8+mvrPWKcVleMpyJm2bKA48exgTPWDA=="
}
