import JSON

/// One rule of the Pod Security Standards, in the forms that it had over the versions.
struct PodSecurityCheck: Sendable {
    /// What is wrong with a pod: a short reason, and which container, volume or field it is.
    struct Finding: Sendable {
        let reason: String, detail: String

        var text: String { detail.isEmpty ? reason : "\(reason) (\(detail))" }
    }

    struct Form: Sendable {
        /// The first minor version with this form.
        let since: Int
        /// Baseline checks that this one stands for at the restricted level.
        var overrides: [String] = []
        /// Nil: the pod is fine.
        let find: @Sendable (_ metadata: JSON, _ spec: JSON) -> Finding?
    }

    let id: String
    let level: PodSecurityLevel
    let forms: [Form]

    init(_ id: String, _ level: PodSecurityLevel, _ forms: [Form]) {
        self.id = id
        self.level = level
        self.forms = forms
    }

    func form(in minor: Int) -> Form? { forms.last { $0.since <= minor } }
}

/// The checks of each level and version, in the order in which messages list them.
enum PodSecurityStandards {
    /// The newest version there is: "latest" and later ones mean it.
    static let newestMinor = 36

    private static let all =
        (PodSecurityCheck.baseline.sorted { $0.id < $1.id } + PodSecurityCheck.restricted.sorted { $0.id < $1.id })

    /// All findings; none for a pod that keeps the standard.
    static func evaluate(_ standard: PodSecurityStandard, _ metadata: JSON, _ spec: JSON) -> [PodSecurityCheck.Finding]
    {
        guard standard.level != .privileged else { return [] }
        let minor = min(standard.minor ?? newestMinor, newestMinor)
        let chosen = all.filter { $0.level <= standard.level }
        let overridden =
            standard.level == .restricted
            ? Set(chosen.filter { $0.level == .restricted }.flatMap { $0.form(in: minor)?.overrides ?? [] }) : []
        return chosen.compactMap { check in
            overridden.contains(check.id) ? nil : check.form(in: minor)?.find(metadata, spec)
        }
    }

    static func text(_ findings: [PodSecurityCheck.Finding]) -> String {
        findings.map(\.text).joined(separator: ", ")
    }
}

/// Words that several checks put their findings in.
enum PodSecurityText {
    static func quoted(_ items: some Sequence<String>) -> String {
        let list = Array(items)
        return list.isEmpty ? "" : "\"\(list.joined(separator: "\", \""))\""
    }

    static func plural(_ singular: String, _ plural: String, _ count: Int) -> String { count == 1 ? singular : plural }

    /// `containers "a", "b"`.
    static func containers(_ names: [String]) -> String {
        "\(plural("container", "containers", names.count)) \(quoted(names))"
    }

    /// In the order of the original's visitor: init, ordinary, ephemeral.
    static func containers(of spec: JSON) -> [JSON] {
        ["initContainers", "containers", "ephemeralContainers"].flatMap { spec[$0].array ?? [] }
    }

    /// The names of the containers for which the test holds.
    static func containers(of spec: JSON, where isBad: (JSON) -> Bool) -> [String] {
        containers(of: spec).filter(isBad).map { $0["name"].string ?? "" }
    }
}
