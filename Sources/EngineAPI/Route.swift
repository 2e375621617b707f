import NIOHTTP1

/// One line of the route table: a method, a path pattern and what answers.
///
/// In a pattern `{name}` stands for one or more segments, so that image names keep their slashes; it matches as
/// little as the rest allows.
struct Route: Sendable {
    typealias Handler = @Sendable (Call) async throws -> Void

    let method: HTTPMethod
    let pattern: String
    let handle: Handler
    private let before: [Substring]
    private let parameter: String?
    private let after: [Substring]

    init(_ method: HTTPMethod, _ pattern: String, _ handle: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.handle = handle
        let segments = pattern.split(separator: "/")
        if let hole = segments.firstIndex(where: { $0.hasPrefix("{") }) {
            before = Array(segments[..<hole])
            parameter = String(segments[hole].dropFirst().dropLast())
            after = Array(segments[(hole + 1)...])
        } else {
            before = segments
            parameter = nil
            after = []
        }
    }

    /// The hole's text (empty for a pattern without one); nil when the path doesn't match.
    func match(_ segments: [Substring]) -> String? {
        guard parameter != nil else { return segments == before ? "" : nil }
        let fixed = before.count + after.count
        guard segments.count > fixed, segments.starts(with: before), segments.suffix(after.count) == after[...] else {
            return nil
        }
        return segments[before.count..<(segments.count - after.count)].joined(separator: "/")
    }
}
