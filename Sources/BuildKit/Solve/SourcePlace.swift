import JSON
import Protobuf

/// Lines of a Dockerfile that something is about (ops.proto, SourceInfo and Range).
struct SourcePlace: Sendable, Equatable {
    var file: String
    var text: String
    /// From 1.
    var lines: ClosedRange<Int>

    func write(_ writer: inout ProtobufWriter, info: Int, ranges: Int) {
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
    var json: JSON {
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
