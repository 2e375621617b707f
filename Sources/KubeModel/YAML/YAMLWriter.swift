internal import CYaml
import JSON

/// Writes JSON as the YAML that go-yaml v2 writes, through libyaml's emitter.
final class YAMLWriter {
    private let emitter = UnsafeMutablePointer<yaml_emitter_t>.allocate(capacity: 1)
    fileprivate var out: [UInt8] = []

    init() {
        yaml_emitter_initialize(emitter)
        yaml_emitter_set_unicode(emitter, 1)
    }

    deinit {
        yaml_emitter_delete(emitter)
        emitter.deallocate()
    }

    func document(_ value: JSON) -> [UInt8] {
        yaml_emitter_set_output(emitter, append, Unmanaged.passUnretained(self).toOpaque())
        emit { yaml_stream_start_event_initialize(&$0, YAML_UTF8_ENCODING) }
        emit { yaml_document_start_event_initialize(&$0, nil, nil, nil, 1) }
        write(value)
        emit { yaml_document_end_event_initialize(&$0, 1) }
        emitter.pointee.open_ended = 0
        emit { yaml_stream_end_event_initialize(&$0) }
        return out
    }

    private func emit(_ make: (inout yaml_event_t) -> Int32) {
        var event = yaml_event_t()
        // Both fail for want of memory only; the emitter frees the event.
        if make(&event) == 1 { yaml_emitter_emit(emitter, &event) }
    }

    private func write(_ value: JSON) {
        switch value {
        case .null: plain("null")
        case .bool(let value): plain(value ? "true" : "false")
        case .int(let value): plain("\(value)")
        case .number(let text): plain(YAMLWriter.number(text))
        case .string(let text): string(text)
        case .array(let elements):
            emit { yaml_sequence_start_event_initialize(&$0, nil, nil, 1, YAML_BLOCK_SEQUENCE_STYLE) }
            for element in elements { write(element) }
            emit { yaml_sequence_end_event_initialize(&$0) }
        case .object(let members):
            emit { yaml_mapping_start_event_initialize(&$0, nil, nil, 1, YAML_BLOCK_MAPPING_STYLE) }
            for (name, value) in members.sorted(by: { YAMLKeyOrder.isBefore($0.key, $1.key) }) {
                string(name)
                write(value)
            }
            emit { yaml_mapping_end_event_initialize(&$0) }
        }
    }

    /// As the number that the text is read as.
    private static func number(_ text: String) -> String {
        switch YAMLScalar.resolve(text) {
        case .int, .unsigned: text
        case .float(let value) where value.isFinite: GoNumber.general(value, shortest: "\(value.magnitude)")
        default: text
        }
    }

    private func plain(_ text: String) { scalar(text, YAML_PLAIN_SCALAR_STYLE) }

    private func string(_ text: String) {
        if text.utf8.contains(0x0A) {
            scalar(text, YAML_LITERAL_SCALAR_STYLE)
        } else if text != "<<", YAMLScalar.resolve(text) == .string, !YAMLWriter.isBase60(text) {
            scalar(text, YAML_PLAIN_SCALAR_STYLE)
        } else {
            scalar(text, YAML_DOUBLE_QUOTED_SCALAR_STYLE)
        }
    }

    private func scalar(_ text: String, _ style: yaml_scalar_style_t) {
        var text = text
        text.withUTF8 { bytes in
            // An empty string may have no address; libyaml wants one.
            var nothing: UInt8 = 0
            withUnsafePointer(to: &nothing) { empty in
                let start = bytes.baseAddress ?? empty
                emit {
                    yaml_scalar_event_initialize(&$0, nil, nil, start, Int32(clamping: bytes.count), 1, 1, style)
                }
            }
        }
    }

    /// `190:20:30`, which other readers of YAML 1.1 take for a number.
    private static func isBase60(_ text: String) -> Bool {
        var rest = Substring(text)
        if let sign = rest.first, sign == "-" || sign == "+" { rest = rest.dropFirst() }
        guard let first = rest.utf8.first, first &- 0x30 < 10 else { return false }
        var groups = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard groups.count > 1, groups.removeFirst().utf8.allSatisfy({ $0 &- 0x30 < 10 || $0 == 0x5F }) else {
            return false
        }
        if let last = groups.last, let point = last.firstIndex(of: ".") {
            guard last[point...].dropFirst().utf8.allSatisfy({ $0 &- 0x30 < 10 || $0 == 0x5F }) else { return false }
            groups[groups.count - 1] = last[..<point]
        }
        return groups.allSatisfy { group in
            let digits = Array(group.utf8)
            guard (1...2).contains(digits.count), digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return false }
            return digits.count == 1 || digits[0] < UInt8(ascii: "6")
        }
    }
}

/// libyaml's way to hand over what it has written.
private func append(_ target: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int) -> Int32 {
    guard let target, let bytes else { return 0 }
    Unmanaged<YAMLWriter>.fromOpaque(target).takeUnretainedValue()
        .out.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    return 1
}

/// The order of keys: by letters, runs of digits by their value, and what is no letter before what is one.
enum YAMLKeyOrder {
    static func isBefore(_ first: String, _ second: String) -> Bool {
        let (a, b) = (Array(first.unicodeScalars), Array(second.unicodeScalars))
        guard let at = zip(a, b).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return a.count < b.count }
        let (letterA, letterB) = (a[at].properties.isAlphabetic, b[at].properties.isAlphabetic)
        if letterA, letterB { return a[at] < b[at] }
        if letterA || letterB { return letterB }
        var start: UInt64 = 0
        if a[at] == "0" || b[at] == "0" {
            var back = at - 1
            while back >= 0, isDigit(a[back]) {
                if a[back] != "0" {
                    start = 1
                    break
                }
                back -= 1
            }
        }
        let (endA, valueA) = run(a, from: at, start)
        let (endB, valueB) = run(b, from: at, start)
        if valueA != valueB { return valueA < valueB }
        if endA != endB { return endA < endB }
        return a[at] < b[at]
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.value &- 0x30 < 10 }

    /// Wraps where Go's own arithmetic would, so that the order is total all the same.
    private static func run(_ text: [Unicode.Scalar], from: Int, _ start: UInt64) -> (end: Int, value: UInt64) {
        var (at, value) = (from, start)
        while at < text.count, isDigit(text[at]) {
            value = value &* 10 &+ UInt64(text[at].value - 0x30)
            at += 1
        }
        return (at, value)
    }
}
