import Fault

/// `--token-auth-file`: CSV lines of token, user, uid and, quoted, the groups.
package struct StaticTokenFile: TokenAuthenticator {
    private let users: [String: UserInfo]
    /// Sentences for the log.
    package let warnings: [String]

    package init(path: String) throws(Fault) {
        guard let text = try PrivateFile.text(path) else {
            throw Fault(.notFound, "open \(path): no such file or directory")
        }
        try self.init(csv: text, path: path)
    }

    init(csv text: String, path: String) throws(Fault) {
        var users: [String: UserInfo] = [:]
        var warnings: [String] = []
        var number = 0
        for record in try CSV.records(text, of: path) {
            guard record.count >= 3 else {
                throw Fault(
                    .invalid,
                    "token file '\(path)' must have at least 3 columns (token, user name, user uid), found \(record.count)"
                )
            }
            number += 1
            if record[0].isEmpty {
                warnings.append("empty token has been found in token file '\(path)', record number '\(number)'")
                continue
            }
            if users[record[0]] != nil {
                warnings.append("duplicate token has been found in token file '\(path)', record number '\(number)'")
            }
            let groups =
                record.count >= 4
                ? record[3].split(separator: ",", omittingEmptySubsequences: false).map(String.init) : []
            users[record[0]] = UserInfo(name: record[1], uid: record[2], groups: groups)
        }
        self.users = users
        self.warnings = warnings
    }

    package func authenticate(token: String, audiences: [String]) async throws(CredentialFault) -> AuthenticatedUser? {
        users[token].map { AuthenticatedUser(user: $0, audiences: audiences) }
    }
}

/// RFC 4180, as Go's `encoding/csv` reads it: empty lines are passed over.
enum CSV {
    static func records(_ text: String, of path: String) throws(Fault) -> [[String]] {
        var records: [[String]] = [], record: [String] = [], field: [UInt8] = []
        var isQuoted = false, wasQuoted = false
        func end(_ field: inout [UInt8]) -> String {
            defer { field = [] }
            return String(decoding: field, as: UTF8.self)
        }
        let bytes = Array(text.utf8)
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\"") where isQuoted:
                if at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
                    field.append(byte)
                    at += 1
                } else {
                    isQuoted = false
                }
            case _ where isQuoted: field.append(byte)
            case UInt8(ascii: "\"") where field.isEmpty && !wasQuoted:
                isQuoted = true
                wasQuoted = true
            case UInt8(ascii: "\""):
                throw Fault(.invalid, "\(path): a quote inside an unquoted field, record \(records.count + 1)")
            case UInt8(ascii: ","):
                record.append(end(&field))
                wasQuoted = false
            case 0x0D where at < bytes.count && bytes[at] == 0x0A: continue
            case 0x0A:
                if !record.isEmpty || !field.isEmpty || wasQuoted { records.append(record + [end(&field)]) }
                record = []
                wasQuoted = false
            default: field.append(byte)
            }
        }
        guard !isQuoted else { throw Fault(.invalid, "\(path): a quoted field has no end") }
        if !record.isEmpty || !field.isEmpty || wasQuoted { records.append(record + [end(&field)]) }
        return records
    }
}
