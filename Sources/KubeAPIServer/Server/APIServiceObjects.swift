import JSON
import KubeModel
import Logging

/// Keeps an APIService object for every version that the server serves itself.
struct APIServiceObjects: Sendable {
    private static let group = "apiregistration.k8s.io"
    private static let definitions = GroupResource("apiextensions.k8s.io", "customresourcedefinitions")
    static let watched = [definitions, GroupResource(group, "apiservices")]

    let parts: ServerParts

    /// Those of the built-in groups, once, at start.
    func makeOwn() async {
        var seen: Set<GroupVersion> = []
        let own = parts.table.all.filter { !$0.resource.isCustom && seen.insert($0.groupVersion).inserted }
        await reconcile(own: own.map(\.groupVersion))
    }

    func reconcileAll() async { await reconcile(own: []) }

    private func reconcile(own: [GroupVersion]) async {
        guard let served = parts.table.find(group: Self.group, version: "v1", resource: "apiservices") else { return }
        func objects(_ resource: GroupResource) -> [JSON] {
            parts.reader.objects(group: resource.group, resource: resource.resource, namespace: "")
        }
        let plan = OwnAPIServices.plan(
            own: own, defined: Self.versions(objects(Self.definitions)),
            existing: objects(GroupResource(Self.group, "apiservices")))
        // All at once: the store writes them together.
        await withDiscardingTaskGroup { group in
            for object in plan.made { group.addTask { await create(object, served) } }
            for name in plan.gone { group.addTask { await delete(name, served) } }
            for name in plan.available { group.addTask { await tellAvailable(name, served) } }
        }
    }

    /// Of definitions that stay, each once.
    static func versions(_ definitions: [JSON]) -> [GroupVersion] {
        var seen: Set<GroupVersion> = []
        for definition in definitions where definition["metadata"]["deletionTimestamp"].isNull {
            for version in definition["spec"]["versions"].array ?? [] where version["served"].bool ?? false {
                seen.insert(
                    GroupVersion(definition["spec"]["group"].string ?? "", version["name"].string ?? ""))
            }
        }
        return seen.sorted { OwnAPIServices.name($0) < OwnAPIServices.name($1) }
    }

    private func verbs(_ name: String, _ served: ServedResource) -> ObjectVerbs {
        ObjectVerbs(parts: parts, request: .internal(served, namespace: "", name: name, manager: "kube-apiserver"))
    }

    private func create(_ object: JSON, _ served: ServedResource) async {
        let verbs = verbs("", served)
        await report(object["metadata"]["name"].string ?? "") { () throws(APIStatus) in
            _ = try await verbs.create(try verbs.decode(tree: verbs.typed(object)))
        }
        await tellAvailable(object["metadata"]["name"].string ?? "", served)
    }

    private func delete(_ name: String, _ served: ServedResource) async {
        let verbs = verbs(name, served)
        await report(name) { () throws(APIStatus) in
            _ = try await verbs.delete(name, try DeletionOptions(.null, verbs.request.query))
        }
    }

    private func tellAvailable(_ name: String, _ served: ServedResource) async {
        await report(name) { () throws(APIStatus) in
            try await OwnStatus(parts: parts).set(OwnAPIServices.localStatus(parts.now()), of: name, served)
        }
    }

    /// What somebody else has made or removed meanwhile is no fault: the next turn sees it.
    private func report(_ name: String, _ work: () async throws(APIStatus) -> Void) async {
        do throws(APIStatus) { try await work() } catch  where error.code != 409 && error.code != 404 {
            parts.log.warning(
                "could not write an APIService", metadata: ["object": "\(name)", "error": "\(error)"])
        } catch {}
    }
}
