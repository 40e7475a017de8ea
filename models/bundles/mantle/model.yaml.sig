{
 "format": 1,
 "key": "144234e1a3b8282874212c6e142c6e550787a90b8218fa9ec139d393afd18382",
 "signed_at": "2026-11-24T21:57:44Z",
 "signature": "Ch9COQ2MuEP+4ZYeifwE597KUHpWywGC3Qp/jhCJWOgD7YbKGNO7h9bE8jngtmkU9k3JvDsdJZXhs4Xi7yO6Dg=="
}
