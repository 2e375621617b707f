import JSON
import KubeModel
import KubeStorage
import NIOCore

/// What a verb answers, before it is put into the form that its client wants.
enum Answer: Sendable {
    /// An object as it is stored; JSON answers are spliced from its bytes.
    case stored(code: Int, StoredValue)
    /// An object in the served version's form.
    case tree(code: Int, JSON)
    case list(ListAnswer)
    /// A list of objects that are nowhere stored, in the served version's form.
    case trees([JSON])
    case text(code: Int, contentType: String, ByteBuffer)
}

struct ListAnswer: Sendable {
    var values: [StoredValue]
    var revision: Int64
    var continueToken = ""
    var remaining: Int?
}
