/// `admissionregistration.k8s.io` MutatingWebhookConfiguration: programs that may change requests.
enum MutatingWebhookConfiguration {
    static let rules = WebhookConfiguration.rules(kind: "MutatingWebhookConfiguration", isMutating: true)
}
