// SPDX-License-Identifier: MIT
// What the host offers (docs/runtime-abi.md, section 1). Only pm_host_block and pm_host_yield
// suspend; they are called by switch.s alone and therefore not declared here.
#pragma once

#include <stdint.h>

#define PM_IMPORT(name) __attribute__((import_module("pymode"), import_name(#name)))
#define PM_EXPORT(name) __attribute__((export_name(#name)))

// Handles that always mean the same value and need no release.
enum {
    PM_UNDEFINED = 1,
    PM_NULL = 2,
    PM_TRUE = 3,
    PM_FALSE = 4,
    PM_GLOBAL_THIS = 5,
    PM_FIRST_HANDLE = 16,
};

enum pm_kind {
    PM_KIND_STALE = -1,
    PM_KIND_UNDEFINED,
    PM_KIND_NULL,
    PM_KIND_BOOLEAN,
    PM_KIND_NUMBER,
    PM_KIND_BIGINT,
    PM_KIND_STRING,
    PM_KIND_SYMBOL,
    PM_KIND_FUNCTION,
    PM_KIND_OBJECT,
    PM_KIND_ARRAY,
    PM_KIND_BYTES,
    PM_KIND_THENABLE,
    PM_KIND_ERROR,
    PM_KIND_DATE,
};

// Instead of the length of a method's name: call the value itself.
#define PM_CALL_ITSELF 0xffffffffu

struct pm_thread;

PM_IMPORT(wake) int pm_host_wake(int tid, int why);
PM_IMPORT(spawn) int pm_host_spawn(struct pm_thread* thread, int tid, int request);

PM_IMPORT(dlopen) int pm_host_dlopen(const char* path, int flags);
PM_IMPORT(dlsym) void* pm_host_dlsym(int library, const char* name);

PM_IMPORT(release) void pm_host_release(int handle);
PM_IMPORT(error_take) int pm_host_error_take(void);
PM_IMPORT(from_number) int pm_host_from_number(double value);
PM_IMPORT(from_bigint) int pm_host_from_bigint(int64_t value);
PM_IMPORT(from_text) int pm_host_from_text(const char* text, uint32_t length);
PM_IMPORT(from_bytes) int pm_host_from_bytes(const void* bytes, uint32_t length);
PM_IMPORT(new_object) int pm_host_new_object(void);
PM_IMPORT(new_array) int pm_host_new_array(void);
PM_IMPORT(kind) int pm_host_kind(int handle);
PM_IMPORT(to_number) double pm_host_to_number(int handle);
PM_IMPORT(to_bool) int pm_host_to_bool(int handle);
PM_IMPORT(encode) int pm_host_encode(int handle);
PM_IMPORT(transfer) void pm_host_transfer(void* target);
PM_IMPORT(get) int pm_host_get(int handle, const char* key, uint32_t length);
PM_IMPORT(get_index) int pm_host_get_index(int handle, uint32_t index);
PM_IMPORT(set) int pm_host_set(int handle, const char* key, uint32_t length, int value);
PM_IMPORT(set_index) int pm_host_set_index(int handle, uint32_t index, int value);
PM_IMPORT(remove) int pm_host_remove(int handle, const char* key, uint32_t length);
PM_IMPORT(has) int pm_host_has(int handle, const char* key, uint32_t length);
PM_IMPORT(keys) int pm_host_keys(int handle);
PM_IMPORT(call)
int pm_host_call(int handle, const char* name, uint32_t name_length, const int* args,
                 uint32_t count);
PM_IMPORT(construct) int pm_host_construct(int handle, const int* args, uint32_t count);
PM_IMPORT(same) int pm_host_same(int a, int b);
PM_IMPORT(instance_of) int pm_host_instance_of(int value, int constructor);

PM_IMPORT(op_start) int pm_host_op_start(int handle, int tid);
PM_IMPORT(op_sleep) int pm_host_op_sleep(double milliseconds, int tid);
PM_IMPORT(op_take) int pm_host_op_take(int tid);
PM_IMPORT(op_result) int pm_host_op_result(int op);
PM_IMPORT(op_cancel) void pm_host_op_cancel(int op);

PM_IMPORT(request_head) int pm_host_request_head(int request);
PM_IMPORT(request_body) int pm_host_request_body(int request, int tid);
PM_IMPORT(response_send)
int pm_host_response_send(int request, int status, const char* head, uint32_t head_length,
                          const void* body, uint32_t body_length);
PM_IMPORT(response_start)
int pm_host_response_start(int request, int status, const char* head, uint32_t head_length);
PM_IMPORT(response_write)
int pm_host_response_write(int request, const void* data, uint32_t length, int tid);
PM_IMPORT(response_end) void pm_host_response_end(int request);
PM_IMPORT(response_abort)
void pm_host_response_abort(int request, const char* message, uint32_t length);
PM_IMPORT(log) void pm_host_log(int level, const char* text, uint32_t length);
