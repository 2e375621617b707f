// How a container's output is written to its log file. Compiled into the monitor, which writes, and into the modules
// that read.
//
// `json-file` is Docker's: a line `{"log":"TEXT\n","stream":"stdout","time":"RFC 3339 with nanoseconds"}` an output line,
// output lines of more than 16 KiB in pieces without "\n".
//
// `local` is ours: an entry is a 32-bit length N, the stream (1 stdout, 2 stderr; 0x80 set when no newline follows), the
// time in nanoseconds since the epoch in 64 bits, N - 9 bytes of text without newline, and N again so that a file can
// be read from its end. Numbers are little endian.

package enum LogFormat {
    /// Longer output lines are split, as Docker's copier does.
    package static let lineLimit = 16 << 10
    /// Room for one entry of `lineLimit` bytes, every byte as \u00xx.
    package static let entryLimit = 6 * lineLimit + 128
    package static let partialFlag: UInt8 = 0x80
    /// Of rotated files that were compressed, after their number.
    package static let compressedSuffix = ".gz"

    private static let digits: StaticString = "0123456789abcdef"

    /// What a byte needs in a JSON text: 0 nothing, 1 a \u escape, 2 a short escape, 3 it starts a UTF-8 sequence.
    private static func care(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x22, 0x5c, 10, 13: return 2
        case 0..<0x20, 0x3c, 0x3e, 0x26: return 1
        case 0x80...: return 3
        default: return 0
        }
    }
    private static let cares: [UInt8] = (0...255).map { care(UInt8($0)) }

    /// What every entry of a stream at one time ends with, newline included: made once for many lines.
    package static func jsonTail(stream: UInt8, time: [UInt8]) -> [UInt8] {
        let name: StaticString = stream == 2 ? "stderr" : "stdout"
        var tail = bytes("\\n\",\"stream\":\"") + bytes(name) + bytes("\",\"time\":\"")
        tail += time
        return tail + bytes("\"}\n")
    }

    /// Appends a json-file entry at `out` and gives its length. `tail` is what `jsonTail` made.
    package static func jsonEntry(
        _ text: UnsafeBufferPointer<UInt8>, newline: Bool, tail: UnsafeBufferPointer<UInt8>,
        to out: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var end = copy("{\"log\":\"", to: out)
        end += escape(text, to: out + end)
        guard let base = tail.baseAddress else { return end }
        let skipped = newline ? 0 : 2
        move(base + skipped, tail.count - skipped, to: out + end)
        return end + tail.count - skipped
    }

    private static func bytes(_ text: StaticString) -> [UInt8] {
        Array(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Whether none of the eight bytes at `at` needs care; tested together, as arithmetic on one word.
    @inline(__always)
    private static func isPlain(_ at: UnsafePointer<UInt8>) -> Bool {
        let word = UnsafeRawPointer(at).loadUnaligned(as: UInt64.self)
        let ones: UInt64 = 0x0101_0101_0101_0101, highs: UInt64 = 0x8080_8080_8080_8080
        func has(_ byte: UInt64) -> UInt64 {
            let different = word ^ (ones &* byte)
            return (different &- ones) & ~different
        }
        let controls = (word &- ones &* 0x20) & ~word
        return (word | controls | has(0x22) | has(0x5c) | has(0x3c) | has(0x3e) | has(0x26)) & highs == 0
    }

    /// Appends an entry of the `local` format at `out` and gives its length.
    package static func localEntry(
        _ text: UnsafeBufferPointer<UInt8>, newline: Bool, stream: UInt8, nanoseconds: Int64,
        to out: UnsafeMutablePointer<UInt8>
    ) -> Int {
        let length = UInt32(text.count + 9)
        var end = 0
        func put(_ value: UInt64, _ size: Int) {
            for index in 0..<size { out[end + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
            end += size
        }
        put(UInt64(length), 4)
        put(UInt64(newline ? stream : stream | partialFlag), 1)
        put(UInt64(bitPattern: nanoseconds), 8)
        if let base = text.baseAddress { move(base, text.count, to: out + end) }
        end += text.count
        put(UInt64(length), 4)
        return end
    }

    /// One memmove(3): the typed form copies byte after byte in Embedded Swift.
    @inline(__always)
    private static func move(_ from: UnsafePointer<UInt8>, _ count: Int, to out: UnsafeMutablePointer<UInt8>) {
        UnsafeMutableRawPointer(out).copyMemory(from: UnsafeRawPointer(from), byteCount: count)
    }

    private static func copy(_ text: StaticString, to out: UnsafeMutablePointer<UInt8>) -> Int {
        move(text.utf8Start, text.utf8CodeUnitCount, to: out)
        return text.utf8CodeUnitCount
    }

    private static func escape(_ text: UnsafeBufferPointer<UInt8>, to out: UnsafeMutablePointer<UInt8>) -> Int {
        guard let base = text.baseAddress else { return 0 }
        let count = text.count
        return cares.withUnsafeBufferPointer { cares in
            var from = 0, at = 0, end = 0
            func flush() {
                if at > from { move(base + from, at - from, to: out + end) }
                end += at - from
            }
            while at < count {
                if count - at >= 8 && isPlain(base + at) {
                    at += 8
                    continue
                }
                let kind = cares[Int(base[at])]
                if kind == 0 {
                    at += 1
                    continue
                }
                if kind == 3 {
                    let length = sequenceLength(base + at, count - at)
                    let isSeparator =
                        length == 3 && base[at] == 0xe2 && base[at + 1] == 0x80 && base[at + 2] & 0xfe == 0xa8
                    if length > 0 && !isSeparator {
                        at += length
                        continue
                    }
                    flush()
                    if isSeparator {
                        end += copy(base[at + 2] == 0xa8 ? "\\u2028" : "\\u2029", to: out + end)
                    } else {
                        end += copy("\\ufffd", to: out + end)
                    }
                    at += max(length, 1)
                    from = at
                    continue
                }
                flush()
                let byte = base[at]
                out[end] = 0x5c
                switch byte {
                case 10: out[end + 1] = 0x6e
                case 13: out[end + 1] = 0x72
                case 0x22, 0x5c: out[end + 1] = byte
                default:
                    end += copy("\\u00", to: out + end) - 2
                    out[end + 2] = digits.utf8Start[Int(byte >> 4)]
                    out[end + 3] = digits.utf8Start[Int(byte & 15)]
                    end += 2
                }
                end += 2
                at += 1
                from = at
            }
            flush()
            return end
        }
    }

    /// Bytes of the valid UTF-8 sequence at `at`, 0 when it isn't one (overlong forms and surrogates included).
    private static func sequenceLength(_ at: UnsafePointer<UInt8>, _ count: Int) -> Int {
        func continues(_ index: Int, _ low: UInt8 = 0x80, _ high: UInt8 = 0xbf) -> Bool {
            index < count && at[index] >= low && at[index] <= high
        }
        switch at[0] {
        case 0xc2...0xdf: return continues(1) ? 2 : 0
        case 0xe0: return continues(1, 0xa0) && continues(2) ? 3 : 0
        case 0xed: return continues(1, 0x80, 0x9f) && continues(2) ? 3 : 0
        case 0xe1...0xef: return continues(1) && continues(2) ? 3 : 0
        case 0xf0: return continues(1, 0x90) && continues(2) && continues(3) ? 4 : 0
        case 0xf1...0xf3: return continues(1) && continues(2) && continues(3) ? 4 : 0
        case 0xf4: return continues(1, 0x80, 0x8f) && continues(2) && continues(3) ? 4 : 0
        default: return 0
        }
    }

    /// RFC 3339 in UTC with nanoseconds, trailing zeros left out as Go's RFC3339Nano does.
    package static func timestamp(_ nanoseconds: Int64) -> [UInt8] {
        let seconds = nanoseconds >= 0 ? nanoseconds / 1_000_000_000 : 0
        let fraction = nanoseconds >= 0 ? nanoseconds % 1_000_000_000 : 0
        let (year, month, day) = civil(seconds / 86400)
        let rest = seconds % 86400
        var text: [UInt8] = []
        func put(_ number: Int64, _ width: Int) {
            var divisor: Int64 = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                text.append(UInt8(48 + number / divisor % 10))
                divisor /= 10
            }
        }
        put(year, 4)
        text.append(45)
        put(month, 2)
        text.append(45)
        put(day, 2)
        text.append(0x54)
        put(rest / 3600, 2)
        text.append(58)
        put(rest / 60 % 60, 2)
        text.append(58)
        put(rest % 60, 2)
        if fraction > 0 {
            text.append(46)
            put(fraction, 9)
            while text.last == 48 { text.removeLast() }
        }
        text.append(0x5a)
        return text
    }

    /// Year, month and day of a number of days since 1970-01-01, counting years from March so that leap days end one.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719468
        let era = shifted / 146097
        let dayOfEra = shifted % 146097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }
}
