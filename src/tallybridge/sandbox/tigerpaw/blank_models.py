"""The members of the published models that a scenario says nothing about, with their empty values.

Replies hold every member of their model (description 18.2.1 of the REST API); what the sandbox does not simulate is null, 0 or false.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def _members(*, text: str = "", whole: str = "", number: str = "", flag: str = "", rows: str = "") -> Mapping[str, Any]:
    blank: dict[str, Any] = dict.fromkeys(text.split())
    blank.update(dict.fromkeys(whole.split(), 0))
    blank.update(dict.fromkeys(number.split(), 0.0))
    blank.update(dict.fromkeys(flag.split(), False))
    blank.update({name: [] for name in rows.split()})
    return blank


PERSON = _members(text="FirstName LastName PhoneNumber EmailAddress Title DisplayName SearchName")
ADDRESS = _members(text="Address1 Address2 City State PostalCode Country")

ACCOUNT = _members(
    text="Name AccountId Address1 Address2 City State PostalCode Country AccountType Status HotNote DirectionsToLocation"
    " SpecialInstructions QuoteSpecialInstructions StatusLabelAction URL1 URL1Description URL2 URL2Description InitialContact"
    " StatusLabelActionId RepNumber PrimaryContactNumber",
    flag="IsVendor IsSubcontractor DoNotEmail IsOwnedByPublicRep CanReassignRepsAccount",
)
ACCOUNT_COUNTS = _members(
    text="ParentAccountNumber",
    whole="RelatedAccounts JournalEntries OpenInvoices OpenQuotes OpenOpportunities OpenProjectCount OpenServiceOrders"
    " PastDueTasks OpenRMAs NumberOfContacts",
)
ACCOUNT_SUMMARY = _members(
    text="PhoneNumber FaxNumber RepName RepEmailAddress RepPhoneNumber PrimaryContactName PrimaryContactEmailAddress PrimaryContactPhoneNumber"
)
ACCOUNT_DETAIL_ROWS = _members(rows="PhoneNumbers ShipTos BillTos PayMethods Systems CoManagedTechnicians Groups Profiles SICCodes CustomFields")
ACCOUNTING_DETAIL = _members(
    text="ARCustomerNumber SalesTaxCode CreditHoldSpecialInstructions AccountingCompanyId BOTaxCode BOTaxType DefaultPaymentType"
    " DefaultShipMethod GSTTaxExemptId TaxExemptCategory TaxExemptId DefaultTerms Department DefaultPriceLevel PrimaryBillToName"
    " PrimaryShipToName DefaultPayMethodName DefaultPayMethodId DefaultPriceLevelId PrimaryBillToId PrimaryShipToId",
    whole="AllowedInvoicePaymentLateDays",
    number="DefaultLaborRate",
    flag="AddToAccountsReceiveable AlwaysBillParent ApplyQuantityDiscounts CreditHold EnableCentralBilling GSTExempt"
    " ProviderTaxExempt TaxFreight TaxLabor IncludeParentOrdersInCBIInvoices",
)
MARKETING_DETAIL = _members(text="Source SourceChangedDate Memo NumberOfEmployees", number="SalesVolume")
SERVICE_DETAIL = _members(text="ServiceZone DefaultSystem DefaultDispatchBoardId DefaultContractId DefaultSubContractorId DefaultServiceTechId")

AGREEMENT_BILL_TO = _members(text="ARCustomer Name Address1 Address2 City State PostalCode Country ContactName ContactPhone")
AGREEMENT = _members(
    text="ExternalProduct StartDate EndDate Type SalesTaxCode ContractNumber LastBilledDate LastPolledDate InvoiceComments"
    " BillingPeriodDescription NextBillingPeriod DayToProcessPayment PayMethod PayMethodName DateCreated",
    whole="AccountNumber BillingPeriod DayToBill",
    number="TotalPrice TotalCost",
    flag="InvoiceDetailFormat MakeAllItemsTaxExempt ConsolidatedInvoice EmailInvoiceFlag AutomatedBilling MonthlyTotal"
    " BilledPeriodTotal SummarizedInvoiceFormat DetailedInvoiceFormat",
)
AGREEMENT_COMMON = _members(text="PrimaryPhone PrimaryFax InternalComments", whole="Invoices")

PRICE_BOOK_ITEM = _members(
    text="PartNumber ItemDescription Type Status DateCreated LastEditDate LastSoldDate Description2 Description3 ItemCategory"
    " ItemSubCategory Comments Features ManufacturerName ManufacturerPartNumber UnitOfMeasure Weight UPC WarrantyDays"
    " IVRPartNumber Bin ItemURL PictureFile ReceivingGLCode AccountingLinkSalesCode DiscountTier AssemblyType"
    " PrimaryVendorAccountNumber ProviderTaxTypeNumber DefaultProjectPhaseNumber",
    number="ManufacturerListPrice LaborHoursRequired MaintenancePrice MaintenancePercentage BaseCost RepairCost AverageCost ExchangeValue",
    flag="ItemCanBeDiscounted Serialized Inactive HotItem Taxable SubjectToSingleItemTax SubjectToProviderTax GSTExempt"
    " UseAssemblyGLCodes PrintOnInvoice PrintOnQuote AddToCustomerInventory AddOnlyAssemblyDetailtoCustomerInventory"
    " ApplyQuantityDiscountsToAssemblyDetail",
)
INVENTORY_COUNT = _members(whole="QuantityOnHand QuantityReserved QuantityOnOrder Available")
PRICING_DETAIL = _members(
    text="Description CostToUse PriceLevelCategoryName IncomeGlCode CostGlCode",
    whole="PriceLevel",
    number="SellingPrice Markup Markdown Margin FlatPrice",
    flag="PriceOverride RepairLevel GlCodeOverride",
)
PURCHASING = _members(
    text="CaseItemId CaseDescription CaseUnitOfMeasure ReceivingLocation LastReceivedDate",
    whole="MinimumQuantity MaximumQuantity QuantityNeededtoFillOrders QuantityShort",
    number="CaseQuantity CaseCost ReorderQuantity LatestCost",
    flag="PrintSingleReceiptLabels UpdateVendorCost UpdateBaseCostAndSellPrices",
)

REP = {
    **PERSON,
    **_members(text="PersonalAccountNumber HomePhone MobilePhone Status", whole="RepNumber", flag="Inactive"),
    "Address": dict(ADDRESS),
}
