import JSON
import KubeModel

/// What the `Impersonate-…` headers ask for.
package struct ImpersonationHeaders: Sendable, Equatable {
    /// "" without the header.
    package var user = ""
    package var uid = ""
    package var groups: [String] = []
    package var extra: [String: [String]] = [:]

    package init() {}

    /// Reads them from all of a request's headers; names in any case.
    package init(_ headers: some Sequence<(name: String, value: String)>) {
        let extraPrefix = "impersonate-extra-"
        for header in headers where Self.isOne(header.name) {
            let name = header.name.lowercased()
            switch name {
            case "impersonate-user": if user.isEmpty { user = header.value }
            case "impersonate-uid": if uid.isEmpty { uid = header.value }
            case "impersonate-group": groups.append(header.value)
            case _ where name.hasPrefix(extraPrefix):
                extra[Self.unescape(String(name.dropFirst(extraPrefix.count))), default: []].append(header.value)
            default: break
            }
        }
    }

    private static let prefix = Array("impersonate-".utf8)

    /// Looks at the name's bytes alone: every request has its headers looked through.
    private static func isOne(_ name: String) -> Bool {
        var bytes = name.utf8.makeIterator()
        return prefix.allSatisfy { byte in bytes.next().map { $0 | 0x20 == byte || $0 == byte } ?? false }
    }

    package var isEmpty: Bool { self == ImpersonationHeaders() }

    /// `%XX` decoded; text with a broken escape stays as it is.
    static func unescape(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return text }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As Go's `%#v` prints the user.
    var goText: String {
        func strings(_ list: [String]) -> String {
            "[]string" + (list.isEmpty ? "(nil)" : "{\(list.map { GoText.quoted($0) }.joined(separator: ", "))}")
        }
        let members = extra.sorted { $0.key < $1.key }.map { "\(GoText.quoted($0.key)):\(strings($0.value))" }
        let map = "map[string][]string" + (extra.isEmpty ? "(nil)" : "{\(members.joined(separator: ", "))}")
        return
            "&user.DefaultInfo{Name:\(GoText.quoted(user)), UID:\(GoText.quoted(uid)), Groups:\(strings(groups)), Extra:\(map)}"
    }
}

/// Lets a user act as another, when the authorizer allows it.
///
/// The modes of 1.36's constrained impersonation are tried in order, the old all-or-nothing verb `impersonate` last: who
/// acts as a node, a service account or another user may be allowed to only for some requests.
package struct Impersonation: Sendable {
    private let authorizer: any Authorizer
    /// From this many checks on, a wildcard is tried first.
    private static let manyChecks = 4

    package init(_ authorizer: any Authorizer) { self.authorizer = authorizer }

    /// Whom the request is to be handled as.
    /// - Parameter request: with the real user.
    package func user(for wanted: ImpersonationHeaders, request: RequestAttributes) async throws(APIStatus) -> UserInfo
    {
        if wanted.isEmpty { return request.user }
        guard !wanted.user.isEmpty else {
            throw APIStatus.badRequest("requested \(wanted.goText) without impersonating a user name")
        }
        var first: APIStatus?
        for mode in Mode.allCases where mode.applies(wanted, request.user) {
            do throws(APIStatus) {
                return try await check(mode, wanted, request)
            } catch {
                first = first ?? error
            }
        }
        throw first ?? APIStatus.internalError("all impersonation modes failed")
    }

    enum Mode: String, CaseIterable {
        case associatedNode = "associated-node", arbitraryNode = "arbitrary-node"
        case serviceAccount = "serviceaccount", userInfo = "user-info", legacy = ""

        var verb: String { self == .legacy ? "impersonate" : "impersonate:\(rawValue)" }

        func applies(_ wanted: ImpersonationHeaders, _ user: UserInfo) -> Bool {
            let nameOnly = wanted.uid.isEmpty && wanted.groups.isEmpty && wanted.extra.isEmpty
            let node = Impersonation.node(wanted.user)
            switch self {
            case .associatedNode:
                return nameOnly && node != nil && ServiceAccountName(user: user.name) != nil
                    && user.extra["authentication.kubernetes.io/node-name"] == node.map { [$0] }
            case .arbitraryNode: return nameOnly && node != nil
            case .serviceAccount: return nameOnly && ServiceAccountName(user: wanted.user) != nil
            case .userInfo: return node == nil && ServiceAccountName(user: wanted.user) == nil
            case .legacy: return true
            }
        }
    }

    static func node(_ user: String) -> String? {
        guard user.hasPrefix(NodeName.prefix) else { return nil }
        let name = String(user.dropFirst(NodeName.prefix.count))
        return Names.dnsSubdomain(name).isEmpty ? name : nil
    }

    private func check(_ mode: Mode, _ wanted: ImpersonationHeaders, _ request: RequestAttributes)
        async throws(APIStatus)
        -> UserInfo
    {
        var requestor = request.user
        if mode == .associatedNode {
            let keys = requestor.extra.keys.sorted()
            requestor.extra = ["authentication.kubernetes.io/associated-node-keys": keys]
        }
        if mode != .legacy {
            var on = request
            on.user = requestor
            on.verb = "impersonate-on:\(mode.rawValue):\(request.verb)"
            try await confirm(on)
        }
        var user = UserInfo(name: wanted.user, uid: wanted.uid, groups: wanted.groups, extra: wanted.extra)
        try await checkName(mode, wanted, requestor, &user)
        if !wanted.uid.isEmpty { try await confirm(attributes(requestor, mode, "uids", wanted.uid)) }
        try await checkGroups(mode, wanted.groups, requestor)
        try await checkExtra(mode, wanted.extra, requestor)
        return Self.completed(user)
    }

    private func checkName(
        _ mode: Mode, _ wanted: ImpersonationHeaders, _ requestor: UserInfo, _ user: inout UserInfo
    ) async throws(APIStatus) {
        var request = attributes(requestor, mode, "users", wanted.user)
        if mode != .legacy, let node = Self.node(wanted.user) {
            request.resource = "nodes"
            request.name = mode == .associatedNode ? "*" : node
            user.groups = [NodeName.group]
        } else if let account = ServiceAccountName(user: wanted.user) {
            request.resource = "serviceaccounts"
            request.namespace = account.namespace
            request.name = account.name
            if wanted.groups.isEmpty { user.groups = account.groups }
        }
        try await confirm(request)
    }

    private func checkGroups(_ mode: Mode, _ groups: [String], _ requestor: UserInfo) async throws(APIStatus) {
        guard !groups.isEmpty else { return }
        var request = attributes(requestor, mode, "groups", "")
        if mode != .legacy {
            if groups.contains("") {
                throw Forbidden.status(request, reason: "impersonating the empty string group is not allowed")
            }
            if groups.contains(PrivilegedGroup.group) {
                request.name = PrivilegedGroup.group
                throw Forbidden.status(request, reason: "impersonating the system:masters group is not allowed")
            }
            if groups.count >= Self.manyChecks {
                request.name = "*"
                if await allows(request) { return }
            }
        }
        for group in groups {
            request.name = group
            try await confirm(request)
        }
    }

    private func checkExtra(_ mode: Mode, _ extra: [String: [String]], _ requestor: UserInfo) async throws(APIStatus) {
        guard !extra.isEmpty else { return }
        var request = attributes(requestor, mode, "userextras", "")
        request.group = "authentication.k8s.io"
        request.version = "v1"
        if mode != .legacy {
            if let fault = Self.fault(extra) { throw Forbidden.status(request, reason: fault) }
            if extra.count >= Self.manyChecks || extra.values.map(\.count).reduce(0, +) >= Self.manyChecks {
                request.subresource = "*"
                request.name = "*"
                if await allows(request) { return }
            }
        }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            request.subresource = key
            for value in values {
                request.name = value
                try await confirm(request)
            }
        }
    }

    private static func fault(_ extra: [String: [String]]) -> String? {
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            if key.isEmpty { return "impersonating the empty string key in extra is not allowed" }
            let faults = Names.domainPrefixedPath(FieldPath("extra")["key"], key)
            if !faults.isEmpty {
                return "impersonating an invalid key in extra is not allowed: "
                    + GoText.aggregate(faults.map(\.description))
            }
            if key != key.lowercased() {
                return "impersonating a non-lowercase key in extra is not allowed: \(GoText.quoted(key))"
            }
            if values.isEmpty { return "impersonating empty values in extra is not allowed" }
            if values.contains("") { return "impersonating the empty string value in extra is not allowed" }
        }
        return nil
    }

    /// With the group of all authenticated, or all unauthenticated, users.
    private static func completed(_ user: UserInfo) -> UserInfo {
        var user = user
        func add(_ group: String) { if !user.groups.contains(group) { user.groups.append(group) } }
        if user.name == UserInfo.anonymous.name {
            add("system:unauthenticated")
        } else if !user.groups.contains("system:unauthenticated") {
            add("system:authenticated")
        }
        return user
    }

    /// Users and groups are of the core group in the old mode, of `authentication.k8s.io` in the constrained ones.
    private func attributes(_ requestor: UserInfo, _ mode: Mode, _ resource: String, _ name: String)
        -> RequestAttributes
    {
        var request = RequestAttributes(user: requestor, verb: mode.verb, isResource: true)
        let isCore = mode == .legacy && resource != "uids"
        request.group = isCore ? "" : "authentication.k8s.io"
        request.version = "v1"
        request.resource = resource
        request.name = name
        return request
    }

    private func allows(_ request: RequestAttributes) async -> Bool {
        if case .allow = await authorizer.authorize(request) { return true }
        return false
    }

    private func confirm(_ request: RequestAttributes) async throws(APIStatus) {
        switch await authorizer.authorize(request) {
        case .allow: return
        case .deny(let reason), .noOpinion(let reason): throw Forbidden.status(request, reason: reason)
        }
    }
}
