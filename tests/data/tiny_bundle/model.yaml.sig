{
 "format": 1,
 "key": "6bee3e543e3da8e75d6bca3d2f63e3c84f2be7d8da506ff1150690259f5e0d6e",
 "signed_at": "2026-11-24T20:09:32Z",
 "signature": "aM/JE9SgIALkytYsD2qEzOPASS6+9HfRw5ro02o3p+jx16YDSrXbq1t4ToXSEe4Fn1wHdW/K3JBuc9qfBw2PBw=="
}
