/* Multi-part, composite buffers, segments and flows of GenTL 1.5 to 1.6, which no producer of ours has.
 *
 * Consumers ask for them all the same, and a missing symbol ends them with a segmentation fault.
 */
#include "answers.h"

GC_API DSGetBufferPartInfo(DS_HANDLE handle, BUFFER_HANDLE which, uint32_t part, BUFFER_PART_INFO_CMD what,
                           INFO_DATATYPE *type, void *to, size_t *size)
{
    (void)handle, (void)which, (void)part, (void)what, (void)type, (void)to, (void)size;
    return fail(GC_ERR_INVALID_INDEX, "no multi-part payload");
}

GC_API DSAnnounceCompositeBuffer(DS_HANDLE handle, size_t count, void **memory, size_t *bytes, void *user,
                                 BUFFER_HANDLE *buffer)
{
    (void)handle, (void)count, (void)memory, (void)bytes, (void)user, (void)buffer;
    return fail(GC_ERR_NOT_IMPLEMENTED, "no composite buffers");
}

GC_API DSGetNumFlows(DS_HANDLE handle, uint32_t *count)
{
    (void)handle, (void)count;
    return fail(GC_ERR_NOT_IMPLEMENTED, "no flows");
}

GC_API DSGetFlowInfo(DS_HANDLE handle, uint32_t flow, FLOW_INFO_CMD what, INFO_DATATYPE *type, void *to, size_t *size)
{
    (void)handle, (void)flow, (void)what, (void)type, (void)to, (void)size;
    return fail(GC_ERR_NOT_IMPLEMENTED, "no flows");
}

GC_API DSGetNumBufferSegments(DS_HANDLE handle, BUFFER_HANDLE which, uint32_t *count)
{
    (void)handle, (void)which, (void)count;
    return fail(GC_ERR_NOT_IMPLEMENTED, "no segments");
}

GC_API DSGetBufferSegmentInfo(DS_HANDLE handle, BUFFER_HANDLE which, uint32_t segment, SEGMENT_INFO_CMD what,
                              INFO_DATATYPE *type, void *to, size_t *size)
{
    (void)handle, (void)which, (void)segment, (void)what, (void)type, (void)to, (void)size;
    return fail(GC_ERR_NOT_IMPLEMENTED, "no segments");
}
