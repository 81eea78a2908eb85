import {
  IconAddressBook,
  IconBuildingWarehouse,
  IconCalendar,
  IconCoin,
  IconFileInvoice,
  IconHeadset,
  IconPackage,
  IconPuzzle,
  IconReportAnalytics,
  IconRoute,
  IconShieldLock,
  IconShoppingCart,
  IconTool,
  IconTruck,
  IconUsersGroup,
} from "@tabler/icons-react"

/** What services are usually called, and a picture of it. */
const pictures = [
  [/^(sales|orders?|shop)/, IconShoppingCart],
  [/^(crm|customers?|contacts?)/, IconAddressBook],
  [/^(catalog|products?|inventory)/, IconPackage],
  [/^(people|hr|employees?|staff)/, IconUsersGroup],
  [/^(identity|access|auth)/, IconShieldLock],
  [/^(gateway|routing)/, IconRoute],
  [/^(invoic|billing)/, IconFileInvoice],
  [/^(account|finance|payment|treasury)/, IconCoin],
  [/^(ship|logistic|deliver|transport)/, IconTruck],
  [/^(warehouse|stock|depot)/, IconBuildingWarehouse],
  [/^(support|help|ticket)/, IconHeadset],
  [/^(report|analytic)/, IconReportAnalytics],
  [/^(calendar|planning|schedule)/, IconCalendar],
  [/^(maintenance|manufactur|production)/, IconTool],
] as const

export function ServiceIcon({ service, size = 17 }: { readonly service: string; readonly size?: number }) {
  const Icon = pictures.find(([names]) => names.test(service))?.[1] ?? IconPuzzle
  return <Icon size={size} stroke={1.7} aria-hidden />
}
