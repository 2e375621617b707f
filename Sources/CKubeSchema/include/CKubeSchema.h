#ifndef CKUBESCHEMA_H
#define CKUBESCHEMA_H
#include <stddef.h>

/// The Kubernetes API as data, made by `make schema`: what KubeModel's SchemaFile reads.
extern const unsigned char hako_kube_schema[];
extern const size_t hako_kube_schema_size;

/// Swift can't see an array of unknown size.
static inline const unsigned char *_Nonnull hako_kube_schema_start(void) { return hako_kube_schema; }

/// Our own words for types and fields: what KubeModel's SchemaDescriptions reads.
extern const unsigned char hako_kube_descriptions[];
extern const size_t hako_kube_descriptions_size;
static inline const unsigned char *_Nonnull hako_kube_descriptions_start(void) { return hako_kube_descriptions; }

#endif
