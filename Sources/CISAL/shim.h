#include <isa-l.h>

/// Bytes of working memory for compression at level 1; a macro that Swift can't read.
static const unsigned hako_isal_level1_bytes = ISAL_DEF_LVL1_DEFAULT;
