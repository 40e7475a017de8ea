/* libaravis' errors as GenTL's. */
#include <stdio.h>

#include "arvtl.h"

static GC_ERROR code_of(int device_error)
{
    switch (device_error) {
    case ARV_DEVICE_ERROR_NOT_CONTROLLER:
    case ARV_DEVICE_ERROR_PROTOCOL_ERROR_WRITE_PROTECT:
    case ARV_DEVICE_ERROR_PROTOCOL_ERROR_ACCESS_DENIED:
        return GC_ERR_ACCESS_DENIED;
    case ARV_DEVICE_ERROR_PROTOCOL_ERROR_NOT_IMPLEMENTED:
        return GC_ERR_NOT_IMPLEMENTED;
    case ARV_DEVICE_ERROR_PROTOCOL_ERROR_INVALID_PARAMETER:
        return GC_ERR_INVALID_PARAMETER;
    case ARV_DEVICE_ERROR_PROTOCOL_ERROR_INVALID_ADDRESS:
    case ARV_DEVICE_ERROR_PROTOCOL_ERROR_BAD_ALIGNMENT:
        return GC_ERR_INVALID_ADDRESS;
    case ARV_DEVICE_ERROR_PROTOCOL_ERROR_BUSY:
        return GC_ERR_BUSY;
    }
    return GC_ERR_IO;
}

GC_ERROR fail_from(GError **error, const char *what)
{
    char words[LAST_WORDS_BYTES];
    snprintf(words, sizeof words, "%s: %s", what, *error ? (*error)->message : "libaravis gave no reason");
    GC_ERROR code = *error ? code_of((*error)->code) : GC_ERR_IO;
    g_clear_error(error);
    return fail(code, words);
}
