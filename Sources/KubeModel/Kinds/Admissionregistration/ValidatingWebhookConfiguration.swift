/// `admissionregistration.k8s.io` ValidatingWebhookConfiguration: programs that may refuse requests.
enum ValidatingWebhookConfiguration {
    static let rules = WebhookConfiguration.rules(kind: "ValidatingWebhookConfiguration", isMutating: false)
}
