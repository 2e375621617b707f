import Cluster
import DockerCLI
import KubeClient
import KubeModel

extension ClusterSession {
    /// Until pods of the namespace `default` can have their service account.
    func waitForAccount(of profile: Profile, _ patience: Duration) async throws {
        let api = try api(of: profile)
        let isThere = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { try await Self.accountComes(api) }
            group.addTask {
                try await Task.sleep(for: patience)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        if !isThere { throw Reason.start.failure("the default service account isn't there within the --wait-timeout") }
    }

    private static func accountComes(_ api: RemoteAPI) async throws -> Bool {
        let selection = ObjectSelection(fields: "metadata.name=default")
        let found = try await api.list(.serviceAccounts, "default", selection)
        if !found.items.isEmpty { return true }
        let watch = try await api.watch(.serviceAccounts, "default", selection, after: found.resourceVersion)
        for try await events in watch {
            for case .added in events { return true }
        }
        return false
    }
}
