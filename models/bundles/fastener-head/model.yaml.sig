{
 "format": 1,
 "key": "144234e1a3b8282874212c6e142c6e550787a90b8218fa9ec139d393afd18382",
 "signed_at": "2026-11-24T20:09:48Z",
 "signature": "7B4JYgzFAUbmfEqr8wjHaAL1yEl/yMvL+mGR9dWMA7Khx4UMt/tdvg2t+8HlBfhHO8swmdMbeHLmzeeAday3BA=="
}
