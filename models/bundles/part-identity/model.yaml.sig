{
 "format": 1,
 "key": "144234e1a3b8282874212c6e142c6e550787a90b8218fa9ec139d393afd18382",
 "signed_at": "2026-11-24T22:01:21Z",
 "signature": "lC142u3KT5mDYx7dj4tAA/3DFP7sNtQiHZJlAvqydgdhDfVfpCbSKKuhVaFWDO/B742aWVwUHlhMR8ievCZFBw=="
}
