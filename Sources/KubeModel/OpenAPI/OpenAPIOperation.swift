import JSON

/// A request that the server answers, before it is written as OpenAPI of either version.
struct OpenAPIOperation {
    /// `get`, `post`, …
    let method: String
    let id: String
    /// `x-kubernetes-action`; "" for requests that are about no resource.
    let action: String
    let kind: GroupVersionKind?
    var parameters: [OpenAPIParameter] = []
    var body = Body.none
    /// Status codes of success, and the definition that they carry; nil: text.
    var codes: [Int] = [200]
    var answer: String?
    var produces = Produces.object
    let summary: String

    enum Body { case none, object(String, isRequired: Bool), patch(isCustom: Bool) }
    /// What the answers' media types are.
    enum Produces {
        case object
        /// An object, or a watch's events.
        case list
        /// An object, or plain text.
        case text
        /// JSON and nothing else.
        case json
        /// A set of JSON Web Keys.
        case keys
        /// Whatever the other end sends.
        case anything
    }
}

/// All requests of one path.
struct OpenAPIPath {
    let path: String
    /// `core_v1`.
    let tag: String
    var operations: [OpenAPIOperation]

    /// What every operation of the path takes.
    var common: [OpenAPIParameter] {
        guard let first = operations.first else { return [] }
        let shared = operations.dropFirst().reduce(Set(first.parameters)) { $0.intersection($1.parameters) }
        return shared.sorted()
    }
}

/// A parameter of a request, with our own words for it.
struct OpenAPIParameter: Hashable, Comparable {
    enum Kind: String { case string, integer, boolean }
    let name: String
    var kind = Kind.string
    var isInPath = false

    /// By name; one in the path before one in the query.
    static func < (a: OpenAPIParameter, b: OpenAPIParameter) -> Bool {
        a.name != b.name ? a.name < b.name : a.isInPath && !b.isInPath
    }

    static let name = OpenAPIParameter(name: "name", isInPath: true)
    static let namespace = OpenAPIParameter(name: "namespace", isInPath: true)
    static let path = OpenAPIParameter(name: "path", isInPath: true)
    static let pretty = OpenAPIParameter(name: "pretty")

    static func strings(_ names: String...) -> [OpenAPIParameter] { names.map { OpenAPIParameter(name: $0) } }
    static func integers(_ names: String...) -> [OpenAPIParameter] {
        names.map { OpenAPIParameter(name: $0, kind: .integer) }
    }
    static func booleans(_ names: String...) -> [OpenAPIParameter] {
        names.map { OpenAPIParameter(name: $0, kind: .boolean) }
    }

    static let writing = strings("dryRun", "fieldManager", "fieldValidation")
    static let patching = writing + booleans("force")
    static let deleting =
        strings("dryRun", "propagationPolicy") + integers("gracePeriodSeconds")
        + booleans("ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents")
    static let selecting =
        strings(
            "continue", "fieldSelector", "labelSelector", "resourceVersion", "resourceVersionMatch", "shardSelector")
        + integers("limit", "timeoutSeconds") + booleans("sendInitialEvents")
    static let listing = selecting + booleans("allowWatchBookmarks", "watch")

    /// Those that an options object is made of: its fields, for requests that stream.
    static func of(_ options: SchemaType) -> [OpenAPIParameter] {
        options.fields.filter { $0.name != "kind" && $0.name != "apiVersion" }.map { field in
            var type = field.type
            if case .list(let element, _) = type.shape { type = element }
            return switch type.shape {
            case .integer: OpenAPIParameter(name: field.name, kind: .integer)
            case .boolean: OpenAPIParameter(name: field.name, kind: .boolean)
            default: OpenAPIParameter(name: field.name)
            }
        }
    }

    var description: String { OpenAPIParameter.descriptions[name] ?? "" }

    private static let descriptions = [
        "allowWatchBookmarks": "Whether the watch may get bookmarks: events that carry a resource version only.",
        "command": "The program to run, and its arguments; not run in a shell.",
        "container": "The container's name; needed when the pod has several.",
        "continue": "The token of the answer before, for the next part of a list.",
        "dryRun": "All: does everything but to store the result.",
        "fieldManager": "The name under which the changed fields are kept.",
        "fieldSelector": "Objects whose fields have these values only.",
        "fieldValidation": "What unknown and duplicate fields lead to: Ignore, Warn or Strict.",
        "follow": "Whether the log goes on as it is written.",
        "force": "Whether fields that others manage are taken from them by an apply.",
        "gracePeriodSeconds": "Seconds until the object is deleted; 0 means at once.",
        "ignoreStoreReadErrorWithClusterBreakingPotential":
            "Whether an object that can't be read any more is deleted without regard to anything that it holds.",
        "insecureSkipTLSVerifyBackend": "Whether the node's certificate goes unchecked.",
        "labelSelector": "Objects with these labels only.",
        "limit": "The most objects to answer with; a token for the rest comes with them.",
        "limitBytes": "The most bytes of the log.",
        "name": "Name of the object.",
        "namespace": "Namespace of the object.",
        "orphanDependents": "Old form of propagationPolicy.",
        "path": "The rest of the path of the request that is passed on.",
        "ports": "The ports to forward.",
        "pretty": "Whether the answer is written over several lines.",
        "previous": "Whether the log is that of the container before the last restart.",
        "propagationPolicy": "What becomes of the objects that this one owns: Orphan, Background or Foreground.",
        "resourceVersion": "The state of the store that the answer is of.",
        "resourceVersionMatch": "How resourceVersion is meant: Exact or NotOlderThan.",
        "sendInitialEvents": "Whether a watch begins with the objects that are there.",
        "shardSelector": "Objects of one part of the keys only.",
        "sinceSeconds": "How old the log's lines may be.",
        "sinceTime": "When the log's lines begin.",
        "stderr": "Whether the standard error stream is passed on.",
        "stdin": "Whether the standard input stream is passed on.",
        "stdout": "Whether the standard output stream is passed on.",
        "stream": "Which of the streams: All, Stdout or Stderr.",
        "tailLines": "How many lines from the log's end.",
        "timeoutSeconds": "Seconds that the request may take.",
        "timestamps": "Whether each line of the log begins with its time.",
        "tty": "Whether the streams are those of a terminal.",
        "watch": "Whether changes are told of as they happen.",
    ]
}
