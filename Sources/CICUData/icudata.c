// Why this is here: Foundation is linked statically because packages that we use import it, and with it come 34 MB of
// ICU's data about languages, calendars and currencies, which nothing here asks for. ICU lets a program bring its own
// data under the same name; this is an empty table of contents, so that what asks for locale data is told that there
// is none. The linker takes it before it looks into the library. Debug builds, and with them tests, keep ICU's own.
#ifdef HAKO_RELEASE
#include <stdint.h>

// ICU's UDataInfo behind its MappedData header, then the table's count (udata.h, "ToCP" version 1).
struct emptyData {
    uint16_t headerSize;
    uint8_t magic1, magic2;
    uint16_t infoSize, infoReserved;
    uint8_t isBigEndian, charset, sizeOfUChar, reserved;
    uint8_t dataFormat[4], formatVersion[4], dataVersion[4];
    uint32_t count, padding;
};

__attribute__((aligned(16))) const struct emptyData icudt76_dat = {
    24, 0xda, 0x27, 20, 0, 0, 0, 2, 0, {'T', 'o', 'C', 'P'}, {1, 0, 0, 0}, {0, 0, 0, 0}, 0, 0,
};
#endif
