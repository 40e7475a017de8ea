{
 "format": 1,
 "key": "144234e1a3b8282874212c6e142c6e550787a90b8218fa9ec139d393afd18382",
 "signed_at": "2026-11-24T20:09:49Z",
 "signature": "wREDR1emrxxg/k6eSKeOD3OGV2QD3BjXyC9g5iXq350yWrtPxJ3bI8u82JZDweYfxCFeA8HbgP4PMGiglxoADQ=="
}
