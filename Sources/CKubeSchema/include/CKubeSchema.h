#ifndef CKUBESCHEMA_H
#define CKUBESCHEMA_H
#include <stddef.h>

/// The Kubernetes API as data, made by `make schema`: what KubeModel's SchemaResource reads.
extern const unsigned char hako_kube_schema[];
extern const size_t hako_kube_schema_size;

#endif
