"""Five categories of four kinds of goods each, with prices in dollars."""

from config.demo.catalogue import catalogue

PRODUCTS = catalogue(
    prefix="QM",
    text="""
# Electronics / Headphones
Wired earphones with microphone | 12.90 | 3
Wireless earbuds | 39.00 | 4
Over-ear headphones | 79.00 | 2
Noise-cancelling headphones | 149.00 | 1
# Electronics / Chargers and cables
USB-C cable, 2 m | 9.50 | 6
Wall charger, 30 W | 19.90 | 4
Power bank, 10 000 mAh | 27.00 | 3
Wireless charging pad | 24.50 | 2
# Electronics / Smart home
Smart plug | 14.90 | 3
LED bulb, colour | 11.50 | 3
Door sensor | 18.00 | 1
Indoor camera | 44.00 | 1
# Electronics / Computer accessories
Wireless mouse | 17.90 | 3
Compact keyboard | 34.00 | 2
Laptop stand | 29.90 | 2
Memory stick, 128 GB | 13.50 | 3
# Home / Kitchen
Chef's knife | 32.00 | 2
Frying pan, 26 cm | 36.00 | 2
Set of mixing bowls | 24.00 | 2
French press | 28.50 | 2
# Home / Bedding
Cotton pillowcase | 11.00 | 2
Fitted sheet, queen | 34.90 | 2
Light duvet | 69.00 | 1
Fleece blanket | 26.00 | 2
# Home / Storage
Stackable box, 20 l | 13.90 | 3
Fabric basket | 12.50 | 2
Wall hooks, set of 6 | 8.90 | 2
Shoe rack | 31.00 | 1
# Home / Lighting
Desk lamp | 33.00 | 2
Fairy lights, 10 m | 12.00 | 3
Floor lamp | 74.00 | 1
Scented candle | 9.80 | 3
# Clothing / T-shirts
Plain T-shirt, white | 11.90 | 4
Plain T-shirt, black | 11.90 | 4
Striped T-shirt | 15.50 | 2
Long-sleeved T-shirt | 18.90 | 2
# Clothing / Socks and underwear
Cotton socks, 5 pairs | 13.00 | 5
Wool socks, 2 pairs | 16.50 | 2
Boxer shorts, 3 pieces | 21.00 | 2
Sports bra | 24.90 | 2
# Clothing / Outerwear
Rain jacket | 64.00 | 1
Fleece jacket | 42.00 | 1
Light down vest | 55.00 | 1
Knitted hat | 14.00 | 2
# Clothing / Bags
Canvas tote | 12.90 | 3
Everyday backpack | 49.00 | 2
Belt bag | 22.00 | 1
Foldable shopper | 7.50 | 3
# Beauty / Skin care
Day cream, 50 ml | 18.50 | 3
Face wash, 150 ml | 9.90 | 4
Sun cream SPF 50 | 15.90 | 2
Hand cream | 6.90 | 4
# Beauty / Hair care
Shampoo, 400 ml | 8.90 | 4
Conditioner, 400 ml | 8.90 | 3
Hair oil | 14.90 | 1
Wooden hairbrush | 17.00 | 1
# Beauty / Make-up
Mascara | 12.90 | 2
Lip balm, 3 pieces | 7.90 | 4
Tinted cream | 19.90 | 1
Nail polish | 6.50 | 2
# Beauty / Fragrance
Eau de toilette, 50 ml | 38.00 | 1
Body mist | 13.90 | 2
Room spray | 11.90 | 1
Perfumed soap | 5.90 | 3
# Sports / Yoga
Yoga mat | 26.90 | 2
Cork block | 12.00 | 2
Stretching strap | 8.50 | 1
Meditation cushion | 34.00 | 1
# Sports / Running
Running belt | 17.50 | 1
Reflective vest | 14.00 | 1
Bottle, 500 ml | 12.90 | 3
Running socks | 10.90 | 3
# Sports / Cycling
Bicycle light set | 21.00 | 2
Mini pump | 18.90 | 1
Puncture kit | 6.90 | 2
Bicycle lock | 29.00 | 1
# Sports / Camping
Head torch | 19.50 | 2
Insulated mug | 16.90 | 3
Sleeping mat | 39.00 | 1
First-aid kit | 22.50 | 1
""",
)
