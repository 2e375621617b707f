import KubeClient
import Linux

/// The table of one family as it was loaded, or is about to be.
struct FamilyState: Sendable {
    var plan: ServicePlan
    let rules: ServiceRules
    var table = ElementTable()

    init(_ settings: ProxySettings, _ family: IPFamily) {
        plan = ServicePlan(settings: settings, family: family)
        rules = ServiceRules(settings, family)
    }

    /// Plans anew what has changed.
    /// - Returns: what the kernel's table lacks then.
    mutating func update(_ news: ServiceBook.News) -> ElementChanges {
        plan.zone = news.zone
        var before: [ElementKey: ElementValue?] = [:]
        // In a fixed order, so that of two that want one place it is always the same that gets it.
        for (service, entry) in news.services.sorted(by: { $0.key.description < $1.key.description }) {
            let elements = entry.service.map { plan.elements(of: $0, Array(entry.slices.values)) } ?? []
            table.replace(service, elements, &before)
        }
        return table.changes(since: before)
    }
}
