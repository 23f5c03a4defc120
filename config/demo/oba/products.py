"""What a grocer in Azerbaijan sells, in manat. Weighed goods cost whole tenths, so that every line is exact."""

from config.demo.catalogue import catalogue

PRODUCTS = catalogue(
    prefix="10",
    text="""
# Çörək və un məmulatları
Zavod çörəyi 600 q | 0.70 | 12
Təndir çörəyi | 1.00 | 8
Lavaş 300 q | 0.90 | 4
Kəpəkli çörək 400 q | 1.35 | 3
Şor qoğalı | 0.60 | 4
Şirin bulka | 0.55 | 3
Buğda unu 2 kq | 2.69 | 2
Spagetti 500 q | 1.49 | 3
Vermişel 400 q | 1.15 | 2
# Süd məhsulları
Süd 2,5 % 1 l | 2.35 | 8
Qatıq 500 q | 1.59 | 7
Ayran 1 l | 1.79 | 4
Xama 20 % 400 q | 2.99 | 4
Kərə yağı 82 % 200 q | 4.45 | 4
Ağ pendir | 11.90 kg | 4
Motal pendiri | 18.50 kg | 1
Holland pendiri | 15.80 kg | 2
Kəsmik 9 % 400 q | 3.20 | 2
Yoqurt çiyələkli 290 q | 1.69 | 3
Kefir 1 l | 2.15 | 2
# Yumurta, ət və toyuq
Yumurta 10 ədəd | 2.30 | 7
Mal əti, sümüklü | 15.90 kg | 3
Qoyun əti | 18.60 kg | 2
Mal qiyməsi | 16.40 kg | 2
Bütöv toyuq | 5.80 kg | 4
Toyuq filesi | 9.20 kg | 3
Toyuq budu | 6.40 kg | 2
Doktor kolbasası 500 q | 6.90 | 2
Sosiska 400 q | 5.25 | 3
# Balıq
Xək balığı, dondurulmuş | 7.90 kg | 1
Forel | 14.50 kg | 1
Kilkə konservi 240 q | 2.10 | 1
Tunes konservi 160 q | 3.95 | 1
# Meyvə
Alma Qızıl Əhmədi | 1.90 kg | 5
Armud | 3.20 kg | 2
Banan | 2.90 kg | 5
Mandarin Lənkəran | 1.80 kg | 3
Portağal | 2.60 kg | 3
Limon | 3.40 kg | 3
Nar Göyçay | 2.20 kg | 2
Üzüm | 3.50 kg | 2
Xurma | 2.40 kg | 2
# Tərəvəz və göyərti
Pomidor | 2.80 kg | 7
Xiyar | 2.20 kg | 6
Kartof Gədəbəy | 1.20 kg | 8
Soğan | 0.90 kg | 6
Badımcan | 1.70 kg | 3
Bolqar bibəri | 2.90 kg | 2
Kələm | 0.80 kg | 2
Kök | 1.10 kg | 3
Sarımsaq | 6.50 kg | 2
Şüyüd, dəstə | 0.40 | 4
Keşniş, dəstə | 0.40 | 4
Reyhan, dəstə | 0.50 | 2
# Bakaliya
Düyü basmati 1 kq | 4.20 | 3
Qarabaşaq yarması 800 q | 2.85 | 2
Mərci 700 q | 2.70 | 2
Noxud 700 q | 2.95 | 1
Şəkər tozu 1 kq | 1.69 | 5
Duz yodlu 1 kq | 0.55 | 2
Günəbaxan yağı 1 l | 3.59 | 4
Zeytun yağı 500 ml | 12.90 | 1
Tomat pastası 720 q | 3.35 | 3
Mayonez 380 q | 2.49 | 2
Ketçup 500 q | 2.79 | 1
Narşərab 330 ml | 3.60 | 1
# Çay və qəhvə
Azərçay Buket 250 q | 5.40 | 5
Kəklikotulu çay 100 q | 2.95 | 2
Yaşıl çay 25 paket | 2.60 | 1
Həll olan qəhvə 95 q | 7.80 | 2
Türk qəhvəsi 100 q | 4.30 | 1
# İçkilər
Sirab mineral su 1 l | 0.95 | 4
Badamlı mineral su 0,5 l | 0.85 | 4
İçməli su 5 l | 1.65 | 4
Nar şirəsi 1 l | 4.90 | 2
Kola 1 l | 1.80 | 4
Feyxoa limonadı 0,5 l | 1.20 | 2
Kompot albalı 1 l | 3.10 | 1
# Şirniyyat
Badambura 400 q | 6.90 | 1
Paxlava Bakı 500 q | 9.80 | 1
Şəkərbura 500 q | 8.90 | 1
Südlü şokolad 90 q | 2.45 | 4
Peçenye yulaflı 300 q | 2.20 | 3
Vafli 250 q | 1.95 | 3
Lokum 300 q | 3.70 | 1
Gülməşəkər mürəbbəsi 400 q | 4.80 | 1
Ağ tut dondurması 90 q | 1.10 | 3
# Qəlyanaltı və quru meyvə
Tum 150 q | 1.30 | 4
Kartof çipsi 130 q | 2.90 | 3
Fındıq Zaqatala | 16.80 kg | 1
Qoz ləpəsi | 19.50 kg | 1
Quru ərik | 11.40 kg | 1
Kişmiş | 7.60 kg | 1
# Novruz süfrəsi
Səməni | 1.50 | 0.4
Novruz şamları, 7 ədəd | 2.20 | 0.4
Qoğal, ədviyyatlı | 1.10 | 1
Yumurta boyası | 0.80 | 0.4
# Uşaqlar üçün
Uşaq yeməyi 190 q | 2.35 | 1
Uşaq bezi 4, 30 ədəd | 14.90 | 1
Nəm salfet 72 ədəd | 2.15 | 2
# Ev və təmizlik
Paltar tozu 3 kq | 9.90 | 2
Qab yuyan maye 500 ml | 2.25 | 3
Tualet kağızı 8 rulon | 4.60 | 3
Kağız dəsmal 2 rulon | 2.40 | 2
Zibil torbası 30 l | 1.75 | 2
Şampun 400 ml | 5.90 | 2
Diş məcunu 75 ml | 3.20 | 2
Maye sabun 300 ml | 2.65 | 2
""",
)
