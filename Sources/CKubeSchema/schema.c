#include "CKubeSchema.h"

// The compiler reads the file itself: a literal of its bytes would take the Swift compiler minutes.
#pragma clang diagnostic ignored "-Wc23-extensions"
const unsigned char hako_kube_schema[] = {
#embed "schema.bin"
};
const size_t hako_kube_schema_size = sizeof hako_kube_schema;

const unsigned char hako_kube_descriptions[] = {
#embed "descriptions.txt"
};
const size_t hako_kube_descriptions_size = sizeof hako_kube_descriptions;
