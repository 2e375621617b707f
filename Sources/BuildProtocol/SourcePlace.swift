import JSON
import Protobuf

/// Lines of a Dockerfile that something is about (ops.proto, SourceInfo and Range).
package struct SourcePlace: Sendable, Equatable {
    package var file: String
    package var text: String
    /// From 1.
    package var lines: ClosedRange<Int>

    package init(file: String, text: String, lines: ClosedRange<Int>) {
        self.file = file
        self.text = text
        self.lines = lines
    }

    /// Nil when it names no lines, or none that there are.
    package init?(_ json: JSON) {
        guard let start = json["ranges"][0]["start", "line"].int, let data = json["info", "data"].string,
            let bytes = decodeBase64(data)
        else { return nil }
        // Without an end a range is one line; further ranges are of the same instruction.
        let ends = (json["ranges"].array ?? []).compactMap { $0["end", "line"].int }
        file = json["info", "filename"].string ?? ""
        text = String(decoding: bytes, as: UTF8.self)
        lines = start...max(start, ends.max() ?? start)
    }

    package func write(_ writer: inout ProtobufWriter, info: Int, ranges: Int) {
        writer.message(info) { source in
            source.text(1, file)
            source.bytes(2, Array(text.utf8))
            source.text(4, "Dockerfile")
        }
        writer.message(ranges) { range in
            range.message(1) { $0.number(1, Int64(lines.lowerBound)) }
            range.message(2) { $0.number(1, Int64(lines.upperBound)) }
        }
    }

    /// `errdefs.Source`, as it travels with an error.
    package var json: JSON {
        [
            "info": [
                "filename": .string(file), "data": .string(encodeBase64(Array(text.utf8))), "language": "Dockerfile",
            ],
            "ranges": [
                [
                    "start": ["line": JSON(lines.lowerBound)], "end": ["line": JSON(lines.upperBound)],
                ]
            ],
        ]
    }
}
