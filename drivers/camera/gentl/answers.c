/* Answers in the form that GenTL asks for: a type, a size, and the value when there is room for it; and failures. */
#include <stdio.h>
#include <string.h>

#include "answers.h"

static __thread GC_ERROR last_error;
static __thread char last_words[LAST_WORDS_BYTES];

GC_ERROR fail(GC_ERROR code, const char *why)
{
    last_error = code;
    snprintf(last_words, sizeof last_words, "%s", why);
    return code;
}

GC_API GCGetLastError(GC_ERROR *code, char *words, size_t *size)
{
    if (!size)
        return GC_ERR_INVALID_PARAMETER;
    if (code)
        *code = last_error;
    size_t bytes = strlen(last_words) + 1;
    if (words && *size < bytes)
        return GC_ERR_BUFFER_TOO_SMALL;
    if (words)
        memcpy(words, last_words, bytes);
    *size = bytes;
    return GC_ERR_SUCCESS;
}

GC_ERROR give_bytes(INFO_DATATYPE *type, INFO_DATATYPE is, void *to, size_t *size, const void *from, size_t bytes)
{
    if (!size)
        return fail(GC_ERR_INVALID_PARAMETER, "no place for the size");
    if (type)
        *type = is;
    size_t room = *size;
    *size = bytes;
    if (!to)
        return GC_ERR_SUCCESS;
    if (room < bytes)
        return fail(GC_ERR_BUFFER_TOO_SMALL, "the answer is longer than the place for it");
    memcpy(to, from, bytes);
    return GC_ERR_SUCCESS;
}

GC_ERROR give_text(INFO_DATATYPE *type, void *to, size_t *size, const char *text)
{
    return give_bytes(type, INFO_DATATYPE_STRING, to, size, text, strlen(text) + 1);
}

GC_ERROR give_i32(INFO_DATATYPE *type, void *to, size_t *size, int32_t value)
{
    return give_bytes(type, INFO_DATATYPE_INT32, to, size, &value, sizeof value);
}

GC_ERROR give_u32(INFO_DATATYPE *type, void *to, size_t *size, uint32_t value)
{
    return give_bytes(type, INFO_DATATYPE_UINT32, to, size, &value, sizeof value);
}

GC_ERROR give_u64(INFO_DATATYPE *type, void *to, size_t *size, uint64_t value)
{
    return give_bytes(type, INFO_DATATYPE_UINT64, to, size, &value, sizeof value);
}

GC_ERROR give_size(INFO_DATATYPE *type, void *to, size_t *size, size_t value)
{
    return give_bytes(type, INFO_DATATYPE_SIZET, to, size, &value, sizeof value);
}

GC_ERROR give_bool(INFO_DATATYPE *type, void *to, size_t *size, bool value)
{
    bool8_t octet = value;
    return give_bytes(type, INFO_DATATYPE_BOOL8, to, size, &octet, sizeof octet);
}

GC_ERROR give_pointer(INFO_DATATYPE *type, void *to, size_t *size, void *value)
{
    return give_bytes(type, INFO_DATATYPE_PTR, to, size, &value, sizeof value);
}
