import Fault
import OCI

/// Where a result goes (`--output`), as clients spell it.
struct OutputRequest: Sendable, Equatable {
    /// Among the outputs of the build: how the client knows it.
    var number: Int
    var type: String
    var attributes: [String: String]

    /// Names for the image.
    func names() throws(Fault) -> [Reference] {
        var names: [Reference] = []
        for text in FrontendOptions.list(attributes["name"] ?? "") {
            do throws(Fault) { names.append(try Reference(parsing: text).withDefaultTag) } catch {
                throw Fault(.invalid, "failed to parse \(text): \(error.message)", cause: error)
            }
        }
        return names
    }

    func flag(_ name: String) -> Bool {
        guard let value = attributes[name] else { return false }
        return ["", "1", "t", "true", "TRUE", "True"].contains(value)
    }
}
