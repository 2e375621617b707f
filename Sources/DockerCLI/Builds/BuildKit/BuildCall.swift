import CommandLine
import JSON

/// What is to be known of a Dockerfile in place of a build: `--call`, `--check`.
struct BuildCall: Sendable {
    private let method: String
    private let isJSON: Bool

    init(_ options: BuildOptions) throws(Failure) {
        let text = options.checks ? "check" : options.call
        let parts = CommaFields.split(text)
        method = parts.first ?? "build"
        isJSON = parts.dropFirst().contains { $0 == "format=json" }
        guard ["build", "check", "lint", "outline", "targets", ""].contains(method) else {
            throw Failure("invalid call \(GoText.quote(method)): use build, check, outline or targets")
        }
    }

    /// The frontend's name for it; nil: a build.
    var question: String? {
        switch method {
        case "check", "lint": "frontend.lint"
        case "outline": "frontend.outline"
        case "targets": "frontend.targets"
        default: nil
        }
    }

    func shown(_ documents: [String: [UInt8]]) -> String {
        let json = documents["result.json"] ?? []
        if isJSON { return String(decoding: json, as: UTF8.self) + "\n" }
        if question == "frontend.lint", ((try? JSON(parsing: json))?["warnings"].array ?? []).isEmpty {
            return "Check complete, no warnings found.\n"
        }
        let text = String(decoding: documents["result.txt"] ?? [], as: UTF8.self)
        return text.hasSuffix("\n") || text.isEmpty ? text : text + "\n"
    }
}
