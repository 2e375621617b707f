import JSON
import KubeModel
import KubeStorage
import NIOConcurrencyHelpers

extension ObjectVerbs {
    func list() async throws(APIStatus) -> Answer {
        .list(try await list(limit: request.query.integer("limit"), continuing: request.query.continueToken))
    }

    /// Of the keys that the list may answer.
    private var prefix: String { served.keyPrefix(namespace) }

    func list(limit asked: Int64?, continuing token: String) async throws(APIStatus) -> ListAnswer {
        try ListOptions.check(request.query, isWatch: false)
        let selector = try ObjectSelector(request.query, rules)
        let limit = asked.flatMap { $0 > 0 ? Int(clamping: $0) : nil }
        let begin = try await beginning(token, limit: limit)
        if selector.isEverything {
            let page = try await page(from: begin.start, limit: limit, at: begin.revision, nil)
            var answer = ListAnswer(values: page.values, revision: page.revision)
            if page.remaining > 0, let last = page.values.last {
                answer.continueToken = ContinueToken(revision: page.revision, after: last.key).text(in: prefix)
                answer.remaining = page.remaining
            }
            return answer
        }
        return try await selected(selector, from: begin.start, limit: limit, at: begin.revision)
    }

    /// Where a list begins: at a continue token's place, or at the prefix, at the asked revision.
    private func beginning(_ token: String, limit: Int?) async throws(APIStatus) -> (start: String?, revision: Int64?) {
        let version = request.query.resourceVersion
        let match = request.query.resourceVersionMatch
        if !token.isEmpty {
            let token = try ContinueToken(parsing: token, in: prefix)
            guard version.isEmpty || version == "0" else {
                throw .badRequest("specifying resource version is not allowed when using continue")
            }
            if token.revision > 0 { try await waitFor("\(token.revision)") }
            // The exact list is gone: an inconsistent one from the same place on, as upstream's -1 tokens ask for.
            return (token.start, token.revision > 0 ? token.revision : nil)
        }
        guard !version.isEmpty, version != "0" else { return (nil, nil) }
        guard let revision = Self.revision(version) else {
            throw .badRequest("invalid resource version: \(Self.whyNoVersion(version))")
        }
        try await waitFor(version)
        let isExact = match == "Exact" || (match.isEmpty && limit != nil)
        return (nil, isExact ? revision : nil)
    }

    private func page(from start: String?, limit: Int?, at revision: Int64?, _ isWanted: StoredFilter?)
        async throws(APIStatus) -> StoredPage
    {
        do {
            return try await parts.store.storage.list(
                prefix: prefix, from: start, limit: limit, at: revision, where: isWanted)
        } catch {
            if case .compacted = error, let start { throw expired(at: start) }
            throw ObjectStore.status(error)
        }
    }

    /// 410 with a token that goes on from the same place without the old list's consistency.
    private func expired(at start: String) -> APIStatus {
        var status = APIStatus.gone(
            "The provided continue parameter is too old to display a consistent list result. You can start a new list "
                + "without the continue parameter, or use the continue token in this response to retrieve the remainder "
                + "of the results. Continuing with the provided token results in an inconsistent list - objects that "
                + "were created, modified, or deleted between the time the first chunk was returned and now may show up "
                + "in the list.")
        status.listContinue = ContinueToken(revision: -1, start: start).text(in: prefix)
        return status
    }

    private func selected(_ selector: ObjectSelector, from start: String?, limit: Int?, at revision: Int64?)
        async throws(APIStatus) -> ListAnswer
    {
        if start == nil, let name = selector.name, !resource.isNamespaced || !namespace.isEmpty {
            return try await only(served.key(namespace, name), selector, at: revision)
        }
        let failure = NIOLockedValueBox<APIStatus?>(nil)
        let page = try await page(from: start, limit: limit, at: revision) { value in
            do throws(APIStatus) { return try selector.matches(value) } catch {
                failure.withLockedValue { $0 = error }
                return false
            }
        }
        if let failure = failure.withLockedValue({ $0 }) { throw failure }
        var answer = ListAnswer(values: page.values, revision: page.revision)
        if page.remaining > 0, let last = page.values.last {
            answer.continueToken = ContinueToken(revision: page.revision, after: last.key).text(in: prefix)
        }
        return answer
    }

    /// The list of the one object that the selector names.
    private func only(_ key: String, _ selector: ObjectSelector, at revision: Int64?) async throws(APIStatus)
        -> ListAnswer
    {
        let page: StoredPage
        do { page = try await parts.store.storage.list(prefix: key, from: nil, limit: 1, at: revision) } catch {
            throw ObjectStore.status(error)
        }
        var values: [StoredValue] = []
        for value in page.values where value.key == key {
            if try selector.matches(value) { values.append(value) }
        }
        return ListAnswer(values: values, revision: page.revision)
    }
}
