import JSON
import KubeModel

extension ObjectVerbs {
    /// Deletes what a list with the same selectors shows, page by page; objects that others delete meanwhile are no
    /// fault. Answers with what was there.
    func deleteCollection() async throws(APIStatus) -> Answer {
        let options = try DeletionOptions(try await deletionBody(), request.query)
        let listed = try await list(limit: nil, continuing: "")
        try await deleteEach(listed, options)
        return .list(listed)
    }

    /// The same for the server itself.
    /// - Returns: how many objects are still there, held by finalizers.
    func deleteAll(_ options: DeletionOptions) async throws(APIStatus) -> Int {
        try await deleteEach(try await list(limit: nil, continuing: ""), options)
        return try await list(limit: nil, continuing: "").values.count
    }

    private func deleteEach(_ listed: ListAnswer, _ options: DeletionOptions) async throws(APIStatus) {
        for value in listed.values {
            let object = try ObjectStore.decode(value)
            let space = object["metadata"]["namespace"].string ?? ""
            var single = self
            single.requestNamespace = space
            do {
                _ = try await single.delete(object["metadata"]["name"].string ?? "", options)
            } catch  where error.code == 404 {
                continue
            }
        }
    }
}
