{
 "format": 1,
 "key": "6bee3e543e3da8e75d6bca3d2f63e3c84f2be7d8da506ff1150690259f5e0d6e",
 "signed_at": "2026-11-24T20:17:53Z",
 "signature": "gPZLMJef0Dk32VmGHS/L00jLWVYCDEgXbXvCRsAOOMmCY9SaDJxyr9XZlmDZnczUvT653gRPNnqV3rz4rDqdBA=="
}
