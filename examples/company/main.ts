import { gatewayService } from "@archipel/gateway"
import { identityService } from "@archipel/identity"
import { start } from "@archipel/server"
import { seedDemo } from "./demo/seed-demo.ts"
import { services } from "./services.ts"

const { url } = await start([identityService(), gatewayService(), ...services], { demo: seedDemo })
console.log(`
Open ${url} in a browser, or in development ask without a login as alice, martin, clara or oscar:
  curl -g -H "Authorization: Bearer dev:clara" \\
    "${url}/api/sales/orders?select=number,status,total,customer.name,lines.quantity,lines.product.name&limit=3"
`)
