from django.urls import path

from loyalty.api import customers, imports, purchases, recorded, redemptions, refunds, rewards

urlpatterns = [
    path("purchases", purchases.PurchasesView.as_view(), name="api-purchases"),
    path("purchases/<uuid:purchase>", recorded.PurchaseView.as_view(), name="api-purchase"),
    path("purchases/<uuid:purchase>/receipt", recorded.ReceiptView.as_view(), name="api-receipt"),
    path("purchases/<uuid:purchase>/refunds", refunds.RefundsView.as_view(), name="api-refunds"),
    path("redemptions", redemptions.RedemptionsView.as_view(), name="api-redemptions"),
    path("redemptions/<uuid:redemption>", redemptions.RedemptionView.as_view(), name="api-redemption"),
    path("redemptions/<uuid:redemption>/confirm", redemptions.ConfirmView.as_view(), name="api-confirm"),
    path("redemptions/<uuid:redemption>/cancel", redemptions.CancelView.as_view(), name="api-cancel"),
    path("imports", imports.ImportsView.as_view(), name="api-imports"),
    path("imports/<uuid:importing>", imports.ImportView.as_view(), name="api-import"),
    path("rewards", rewards.RewardsView.as_view(), name="api-rewards"),
    path("consents", rewards.ConsentsView.as_view(), name="api-consents"),
    path("customers", customers.CustomersView.as_view(), name="api-customers"),
    path("customers/lookup", customers.LookupView.as_view(), name="api-lookup"),
    path("customers/<uuid:customer>", customers.CustomerView.as_view(), name="api-customer"),
    path("customers/<uuid:customer>/balance", customers.BalanceView.as_view(), name="api-balance"),
    path("customers/<uuid:customer>/rewards", rewards.CustomerRewardsView.as_view(), name="api-customer-rewards"),
    path(
        "customers/<uuid:customer>/purchases", recorded.CustomerPurchasesView.as_view(), name="api-customer-purchases"
    ),
    path("customers/<uuid:customer>/entries", customers.EntriesView.as_view(), name="api-entries"),
    path("customers/<uuid:customer>/why", customers.WhyView.as_view(), name="api-why"),
]
