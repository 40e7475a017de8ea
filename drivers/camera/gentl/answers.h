/* Answers in the form that GenTL asks for, and the failure that GCGetLastError tells. */
#ifndef GENTL_ANSWERS_H
#define GENTL_ANSWERS_H

#include <stdbool.h>

#include "gentl.h"

enum { LAST_WORDS_BYTES = 256 };

GC_ERROR fail(GC_ERROR code, const char *why); /* this thread's last error; returns `code` */

/* A type, a size, and the value when there is room for it: `type` and `to` may be NULL. */
GC_ERROR give_bytes(INFO_DATATYPE *type, INFO_DATATYPE is, void *to, size_t *size, const void *from, size_t bytes);
GC_ERROR give_text(INFO_DATATYPE *type, void *to, size_t *size, const char *text);
GC_ERROR give_i32(INFO_DATATYPE *type, void *to, size_t *size, int32_t value);
GC_ERROR give_u32(INFO_DATATYPE *type, void *to, size_t *size, uint32_t value);
GC_ERROR give_u64(INFO_DATATYPE *type, void *to, size_t *size, uint64_t value);
GC_ERROR give_size(INFO_DATATYPE *type, void *to, size_t *size, size_t value);
GC_ERROR give_bool(INFO_DATATYPE *type, void *to, size_t *size, bool value);
GC_ERROR give_pointer(INFO_DATATYPE *type, void *to, size_t *size, void *value);

#endif
