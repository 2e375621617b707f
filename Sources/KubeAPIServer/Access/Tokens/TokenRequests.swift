import JSON
import KubeModel

/// `serviceaccounts/NAME/token`: issues tokens.
package struct TokenRequests: Sendable {
    /// Seconds that kubelets ask for in `kube-api-access` volumes; such tokens live a year and warn after it.
    static let warnOnlySeconds = 60 * 60 + 7
    static let extendedSeconds = 365 * 24 * 60 * 60
    static let minimumSeconds = 10 * 60

    private let signer: TokenSigner
    private let issuer: String
    private let audiences: [String]
    private let reader: any ObjectReader
    private let clock: WallClock
    /// `--service-account-max-token-expiration` in seconds; 0: none.
    private let maximumSeconds: Int
    /// `--service-account-extend-token-expiration`.
    private let extendsExpiration: Bool

    package init(
        signer: TokenSigner, issuer: String, audiences: [String], reader: any ObjectReader, maximumSeconds: Int = 0,
        extendsExpiration: Bool = true, clock: @escaping WallClock = systemTime
    ) {
        self.signer = signer
        self.issuer = issuer
        self.audiences = audiences
        self.reader = reader
        self.maximumSeconds = maximumSeconds
        self.extendsExpiration = extendsExpiration
        self.clock = clock
    }

    /// The answer to a TokenRequest (with defaults set: `expirationSeconds` is there).
    package func create(
        _ request: JSON, namespace: String, account name: String, warnings: inout [String]
    ) throws(APIStatus) -> JSON {
        var answer = request
        try checkMetadata(request, namespace, name)
        guard let account = reader.object(group: "", resource: "serviceaccounts", namespace: namespace, name: name)
        else {
            throw Self.notFound("serviceaccounts", name)
        }
        let uid = account["metadata", "uid"].string ?? ""
        if let asked = request["metadata", "uid"].string, !asked.isEmpty, asked != uid {
            throw Self.conflict(
                "TokenRequest", "authentication.k8s.io", name,
                "the UID in the token request (\(asked)) does not match the UID of the service account (\(uid))")
        }
        let now = clock()
        if (answer["spec", "audiences"].array ?? []).isEmpty { answer["spec", "audiences"] = JSON(audiences) }
        answer["metadata", "name"] = .string(name)
        answer["metadata", "namespace"] = .string(namespace)
        answer["metadata", "uid"] = .string(uid)
        answer["metadata", "creationTimestamp"] = .string(Timestamp(seconds: Int(now)).text)
        answer.remove("status")
        try validate(answer)
        let bound = try bound(answer["spec", "boundObjectRef"], namespace, name)
        var seconds = answer["spec", "expirationSeconds"].int ?? 0
        if maximumSeconds > 0, seconds > maximumSeconds {
            warnings.append("requested expiration of \(seconds) seconds shortened to \(maximumSeconds) seconds")
            seconds = maximumSeconds
            answer["spec", "expirationSeconds"] = JSON(seconds)
        }
        answer["status"] = [
            "token": .string(try token(answer, account, bound, seconds, now)),
            "expirationTimestamp": .string(Timestamp(seconds: Int(now) + seconds).text),
        ]
        return answer
    }

    private func token(_ request: JSON, _ account: JSON, _ bound: Bound, _ seconds: Int, _ now: Double)
        throws(APIStatus)
        -> String
    {
        let wanted = request["spec", "audiences"].strings
        var own: JSON = ["namespace": account["metadata", "namespace"]]
        if let node = bound.node { own["node"] = node }
        if let pod = bound.pod { own["pod"] = pod }
        if let secret = bound.secret { own["secret"] = secret }
        own["serviceaccount"] = Self.reference(account)
        var lifetime = seconds
        if extendsExpiration, bound.pod != nil, seconds == Self.warnOnlySeconds, wanted.allSatisfy(audiences.contains) {
            own["warnafter"] = JSON(Int(now) + seconds)
            lifetime = Self.extendedSeconds
        }
        let identity = ServiceAccountName(
            namespace: account["metadata", "namespace"].string ?? "", name: account["metadata", "name"].string ?? "")
        let claims: JSON = [
            "aud": JSON(wanted), "exp": JSON(Int(now) + lifetime), "iat": JSON(Int(now)), "iss": .string(issuer),
            "jti": .string(RandomUUID.make()), "kubernetes.io": own, "nbf": JSON(Int(now)),
            "sub": .string(identity.user),
        ]
        do {
            return try WebToken.make(claims, signer)
        } catch {
            throw APIStatus.internalError("failed to generate token: \(error)")
        }
    }

    // MARK: checks

    private func checkMetadata(_ request: JSON, _ namespace: String, _ name: String) throws(APIStatus) {
        let path = FieldPath("metadata")
        func fault(_ member: String, _ expected: String) throws(APIStatus) {
            guard let given = request["metadata", member].string, !given.isEmpty, given != expected else { return }
            throw APIStatus.invalid(
                kind: "TokenRequest", group: "authentication.k8s.io", name,
                [.invalid(path[member], .string(given), "must match the service account \(member) if specified")])
        }
        try fault("name", name)
        try fault("namespace", namespace)
    }

    private func validate(_ request: JSON) throws(APIStatus) {
        let path = FieldPath("spec")["expirationSeconds"]
        let seconds = request["spec", "expirationSeconds"].int ?? 0
        var faults: [FieldError] = []
        if seconds < Self.minimumSeconds {
            faults.append(.invalid(path, JSON(seconds), "may not specify a duration less than 10 minutes"))
        }
        if seconds > 1 << 32 {
            faults.append(.invalid(path, JSON(seconds), "may not specify a duration larger than 2^32 seconds"))
        }
        guard faults.isEmpty else {
            throw APIStatus.invalid(kind: "TokenRequest", group: "authentication.k8s.io", "", faults)
        }
    }

    private struct Bound {
        var pod: JSON?, node: JSON?, secret: JSON?
    }

    private func bound(_ reference: JSON, _ namespace: String, _ account: String) throws(APIStatus) -> Bound {
        guard !reference.isNull else { return Bound() }
        let kind = reference["kind"].string ?? "", version = reference["apiVersion"].string ?? ""
        let name = reference["name"].string ?? ""
        var bound = Bound()
        let object: JSON
        switch (version.contains("/"), kind) {
        case (false, "Pod"):
            object = try find("pods", namespace, name)
            guard object["spec", "serviceAccountName"].string == account else {
                throw APIStatus.badRequest(
                    "cannot bind token for serviceaccount \(GoText.quoted(account)) to pod running with different "
                        + "serviceaccount name.")
            }
            bound.pod = Self.reference(object)
            if let node = object["spec", "nodeName"].string, !node.isEmpty {
                let found = reader.object(group: "", resource: "nodes", namespace: "", name: node)
                bound.node = found.map(Self.reference) ?? ["name": .string(node)]
            }
        case (false, "Node"):
            object = try find("nodes", "", name)
            bound.node = Self.reference(object)
        case (false, "Secret"):
            object = try find("secrets", namespace, name)
            bound.secret = Self.reference(object)
        default:
            throw APIStatus.badRequest(
                "cannot bind token to object of type \(version.contains("/") ? version : "/\(version)"), Kind=\(kind)")
        }
        if let uid = reference["uid"].string, !uid.isEmpty, uid != object["metadata", "uid"].string {
            throw Self.conflict(
                kind, "", name,
                "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have "
                    + "been deleted and then recreated")
        }
        return bound
    }

    private func find(_ resource: String, _ namespace: String, _ name: String) throws(APIStatus) -> JSON {
        guard let found = reader.object(group: "", resource: resource, namespace: namespace, name: name) else {
            throw Self.notFound(resource, name)
        }
        return found
    }

    private static func reference(_ object: JSON) -> JSON {
        ["name": object["metadata", "name"], "uid": object["metadata", "uid"]]
    }

    private static func notFound(_ resource: String, _ name: String) -> APIStatus {
        APIStatus(
            code: 404, reason: "NotFound", message: "\(resource) \(GoText.quoted(name)) not found",
            details: ["name": .string(name), "kind": .string(resource)])
    }

    private static func conflict(_ kind: String, _ group: String, _ name: String, _ why: String) -> APIStatus {
        let qualified = group.isEmpty ? kind : "\(kind).\(group)"
        var details: JSON = ["name": .string(name)]
        if !group.isEmpty { details["group"] = .string(group) }
        details["kind"] = .string(kind)
        return APIStatus(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(qualified) \(GoText.quoted(name)): \(why)", details: details)
    }
}

/// Random identifiers of RFC 9562, version 4.
package enum RandomUUID {
    package static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return make(using: &random)
    }

    package static func make(using random: inout some RandomNumberGenerator) -> String {
        var bytes = [random.next(), random.next()].flatMap { word in
            withUnsafeBytes(of: word.bigEndian) { Array($0) }
        }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let text = Array(hexadecimal(bytes))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(text[$0]) }.joined(separator: "-")
    }
}
